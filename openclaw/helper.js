// @ts-check
// Runs the helper for one question. It is started through OpenClaw, never with Node's own process functions.

import { join } from "node:path";

import { IDENTITY } from "./identity.js";
import { readKey } from "./key-file.js";
import { isServing, processState } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { ProxyStatus } from "./state.js" */

/** Longest time one question may take, in milliseconds. */
const DEADLINE_MS = 5_000;
/** Longest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024;

/**
 * The folder with key, log and control socket.
 * @param {Host} host
 */
export const stateFolder = (host) => join(host.stateDir(), IDENTITY.stateFolder);

/**
 * Asks the helper one question.
 * @param {Host} host
 * @param {string[]} args
 * @param {number} [timeoutMs]
 * @returns {Promise<string>} What it prints.
 * @throws {Error} If there is no usable helper, or it gives no answer in time.
 */
export async function askHelper(host, args, timeoutMs = DEADLINE_MS) {
  const options = { timeoutMs, input: "", maxOutputBytes: MAX_ANSWER, killProcessTree: true };
  const { stdout } = await host.runner()([host.helper(), ...args], options);
  return stdout;
}

/**
 * The status of the proxy. A Gateway has its supervisor's word already; another process asks the one that runs, each time.
 * @param {Host} host
 * @param {number} port
 */
export const currentStatus = async (host, port) => (isServing() ? processState().status : helperStatus(host, port));

/**
 * The status that a supervisor of another process gives; none where it cannot be had.
 * @param {Host} host
 * @param {number} port
 * @returns {Promise<ProxyStatus | undefined>}
 */
export async function helperStatus(host, port) {
  try {
    // Asked before each turn: what the proxy would have to ask the vendor for is left out.
    const args = ["status", "--json", "--no-quota", "--port", String(port), ...locationArgs(host)];
    const status = JSON.parse(await askHelper(host, args));
    return typeof status?.state === "string" ? status : undefined;
  } catch {
    // Without a status the component refuses, and says that nobody watches the proxy.
    return undefined;
  }
}

/**
 * The access key of the proxy that a supervisor has verified at this address. None where nobody has: whatever else
 * listens there is not shown a key.
 * @param {Host} host
 * @param {string} baseUrl
 * @returns {Promise<string | undefined>}
 */
export async function verifiedKey(host, baseUrl) {
  const status = await helperStatus(host, Number(new URL(baseUrl).port));
  if (status?.baseUrl !== baseUrl || !status.keyFile) return undefined;
  try {
    return readKey(status.keyFile);
  } catch {
    // Without it the proxy answers less; the gate says why when it matters.
    return undefined;
  }
}

/**
 * Full paths of those programs that are there. None where the helper cannot look: nothing is offered then.
 * @param {Host} host
 * @param {string[]} names
 * @returns {Promise<string[]>}
 */
export async function findPrograms(host, names) {
  try {
    const found = JSON.parse(await askHelper(host, ["find", ...names]));
    return Array.isArray(found) ? found.filter((path) => typeof path === "string") : [];
  } catch {
    return [];
  }
}

/**
 * Where the helper finds configuration and state, as arguments.
 * @param {Host} host
 */
export const locationArgs = (host) => ["--config", host.configPath(), "--state-dir", stateFolder(host)];
