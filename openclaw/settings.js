// @ts-check
// The settings in force, as the component reads them out of OpenClaw's configuration.

import { ask } from "./component.js";

/** @typedef {import("./types/component.d.ts").Settings} Settings */

/** @type {WeakMap<object, Settings>} */
const known = new WeakMap();

/**
 * @param {object} config A whole OpenClaw configuration; it is not changed after it was handed out, so it is read once.
 * @returns {Settings}
 * @throws {import("./component.js").Refusal} If the settings are not accepted.
 * @throws {import("./component.js").ComponentUnavailable} If nothing can be decided.
 */
export function settingsOf(config) {
  let settings = known.get(config);
  if (settings === undefined) {
    settings = readSettings(JSON.stringify(config));
    known.set(config, settings);
  }
  return settings;
}

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
