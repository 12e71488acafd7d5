// @ts-check
// The settings in force, as the component reads them out of OpenClaw's configuration.

import { ask } from "./component.js";

/** @typedef {import("./types/component.d.ts").Settings} Settings */

/**
 * What is read of a whole OpenClaw configuration: it is not changed after it was handed out, so it is read once.
 * @template T
 * @param {(document: string) => T} read
 * @returns {(config: object) => T}
 */
function once(read) {
  /** @type {WeakMap<object, { found: T }>} */
  const known = new WeakMap();
  return (config) => {
    let entry = known.get(config);
    if (entry === undefined) known.set(config, (entry = { found: read(JSON.stringify(config)) }));
    return entry.found;
  };
}

/**
 * Why OpenClaw hides runs from the guard, with what to do; nothing where it does not.
 * @throws {import("./component.js").ComponentUnavailable} If nothing can be decided.
 */
export const guardOff = once((document) => ask((component) => component.config.guardOff(document)));

/**
 * @param {string} document A whole OpenClaw configuration.
 * @returns {Settings}
 * @throws {import("./component.js").Refusal} If the settings are not accepted.
 * @throws {import("./component.js").ComponentUnavailable} If nothing can be decided.
 */
export function readSettings(document) {
  return ask(({ types }) => {
    const made = types.Settings.fromConfig(document);
    const settings = JSON.parse(made.toJson());
    // What is left to the garbage collector adds up where a status is polled; jco's declarations leave the method out.
    /** @type {Disposable} */ (/** @type {unknown} */ (made))[Symbol.dispose]();
    return Object.freeze(settings);
  });
}

/**
 * The settings of a configuration.
 * @throws As {@link readSettings}.
 */
export const settingsOf = once(readSettings);
