// @ts-check
// Where OpenClaw keeps its configuration, as it finds it itself: blanks around a variable do not count, an empty one is
// not set, `~` is OpenClaw's home, and a relative path starts at the working directory. The helper does the same, from the
// same table of examples (tests/places.json).

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** @typedef {Record<string, string | undefined>} Environment */

/**
 * What is asked besides the environment.
 * @typedef {object} World
 * @property {() => string} homedir Home of the user, as the system has it.
 * @property {() => string} cwd Working directory.
 * @property {(path: string) => boolean} exists
 */

/** Names of the file, the present one first. */
const NAMES = ["openclaw.json", "clawdbot.json"];
/** Names of the state directory in the home, the present one first. */
const FOLDERS = [".openclaw", ".clawdbot"];

/** @type {World} */
const PROCESS = { homedir, cwd: () => process.cwd(), exists: existsSync };

/**
 * @param {Environment} env
 * @param {string} stateDir
 * @param {World} [world]
 * @returns {string} Path of openclaw.json.
 */
export function configPathOf(env, stateDir, world = PROCESS) {
  const named = env["OPENCLAW_CONFIG_PATH"]?.trim();
  if (named) return pathOf(named, env, world);
  const home = homeOf(env, world);
  const elsewhere = env["OPENCLAW_STATE_DIR"]?.trim() ? [] : FOLDERS.map((name) => join(home, name));
  const candidates = [stateDir, ...elsewhere].flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return candidates.find(world.exists) ?? join(stateDir, "openclaw.json");
}

/**
 * @param {Environment} env
 * @param {World} [world]
 * @returns {string[]} Folders that included files may lie in, besides the configuration's own.
 */
export function includeRootsOf(env, world = PROCESS) {
  const named = (env["OPENCLAW_INCLUDE_ROOTS"] ?? "").split(delimiter).map((entry) => entry.trim());
  return named.filter((entry) => entry !== "").map((entry) => pathOf(entry, env, world));
}

/**
 * @param {Environment} env
 * @param {World} [world]
 * @returns {string} The Gateway's own `.env` file in the home.
 */
export const gatewayEnvironmentOf = (env, world = PROCESS) =>
  join(homeOf(env, world), ".config", "openclaw", "gateway.env");

/**
 * @param {Environment} env
 * @param {World} [world]
 * @returns {string | undefined} The file of the stored speech choice that the environment names.
 */
export function speechChoiceOf(env, world = PROCESS) {
  const named = env["OPENCLAW_TTS_PREFS"]?.trim();
  return named ? pathOf(named, env, world) : undefined;
}

/**
 * @param {string} text
 * @param {Environment} env
 * @param {World} world
 */
function pathOf(text, env, world) {
  return resolve(world.cwd(), text.startsWith("~") ? withHome(text, homeOf(env, world)) : text);
}

/**
 * @param {Environment} env
 * @param {World} world
 */
function homeOf(env, world) {
  // Without any home OpenClaw takes the working directory for one.
  const user = () => valueOf(env["HOME"]) ?? valueOf(env["USERPROFILE"]) ?? valueOf(systemHome(world));
  const own = valueOf(env["OPENCLAW_HOME"]);
  if (own === undefined) return resolve(world.cwd(), user() ?? "");
  if (!/^~($|[\\/])/.test(own)) return resolve(world.cwd(), own);
  const home = user();
  return resolve(world.cwd(), home === undefined ? "" : withHome(own, home));
}

/** @param {World} world */
function systemHome(world) {
  try {
    return world.homedir();
  } catch {
    return undefined;
  }
}

/**
 * @param {string} text
 * @param {string} home
 */
const withHome = (text, home) => text.replace(/^~(?=$|[\\/])/, () => home);

/**
 * A variable that holds a folder; what scripts write where they have none is none.
 * @param {string | undefined} text
 */
function valueOf(text) {
  const value = text?.trim();
  return value && value !== "undefined" && value !== "null" ? value : undefined;
}
