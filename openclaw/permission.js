// @ts-check
// OpenClaw's permission for the hooks of the guard. Without it OpenClaw drops them with one line in its log.

import { IDENTITY } from "./identity.js";

const PATH = `plugins.entries.${IDENTITY.id}.hooks.allowConversationAccess`;

/** What to tell where the permission is missing. */
export const HOOKS_MISSING =
  `the guard is OFF: OpenClaw does not let this plugin see runs, so one that leads elsewhere is not stopped. ` +
  `Allow it: openclaw config set ${PATH} true`;

/**
 * @param {object} config
 * @returns {boolean}
 */
export function hooksGranted(config) {
  /** @type {any} */
  const entries = config;
  return entries?.plugins?.entries?.[IDENTITY.id]?.hooks?.allowConversationAccess === true;
}
