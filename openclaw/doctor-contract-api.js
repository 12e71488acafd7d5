// @ts-check
// What `openclaw doctor` may repair in this plugin's settings before the plugin is loaded. There is no older form yet:
// a setting that is not accepted is told, never rewritten on a guess.

/** @type {Array<{ path: string[], message: string }>} */
export const legacyConfigRules = [];

/**
 * @param {{ cfg: object }} input
 * @returns {{ config: object, changes: string[] }}
 */
export function normalizeCompatibilityConfig({ cfg }) {
  return { config: cfg, changes: [] };
}
