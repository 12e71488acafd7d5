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
    const document = JSON.stringify(config);
    settings = ask((component) => component.provider.settingsFromConfig(document));
    known.set(config, settings);
  }
  return settings;
}
