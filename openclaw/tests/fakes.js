// @ts-check
// Fakes of the component and for OpenClaw, with the shapes that the shim relies on.

import { buildId } from "../integrity.js";
import { processState } from "../state.js";

/** @typedef {import("../host.js").Host} Host */

/**
 * Puts a component in place; what a test does not give breaks it if it is asked.
 * @param {Record<string, Record<string, Function>>} interfaces With `settings.read`: what the settings of a configuration are.
 */
export function giveComponent({ settings, ...interfaces }) {
  const read = settings?.["read"] ?? (() => ({ port: 3456 }));
  const made = (/** @type {object} */ what) => ({ toJson: () => JSON.stringify(what), [Symbol.dispose]: () => undefined });
  const Settings = { parse: JSON.parse, fromConfig: (/** @type {string} */ document) => made(read(document)) };
  const provider = { describe: () => ({ placeholderKey: "placeholder" }) };
  const runtime = { guardRequest: () => ({ tag: "allow" }), ...interfaces["runtime"] };
  const auth = { judgeToken: () => "absent", ...interfaces["auth"] };
  const exports = /** @type {any} */ ({ types: { Settings }, provider, ...interfaces, runtime, auth });
  processState().component = { build: buildId(), exports, lent: new WeakMap() };
}

/** Forgets everything the process shares. */
export function forget() {
  Object.assign(processState(), {
    component: undefined,
    served: false,
    status: undefined,
    reloading: false,
    lease: undefined,
    requests: undefined,
    closed: undefined,
    judgment: undefined,
    cliLogin: "unknown",
    cliLoginAt: -Infinity,
    listed: [],
    listedFrom: undefined,
    listedAt: -Infinity,
    answer: undefined,
    schema: undefined,
  });
}

/**
 * @param {Partial<Host>} [parts]
 * @returns {Host & { lines: string[], hooks: Record<string, Function> }}
 */
export function fakeHost(parts = {}) {
  /** @type {string[]} */
  const lines = [];
  /** @type {Record<string, Function>} */
  const hooks = {};
  const api = { on: (/** @type {string} */ name, /** @type {Function} */ handler) => void (hooks[name] = handler) };
  return {
    api: /** @type {any} */ (api),
    log: (level, text) => void lines.push(`${level}: ${text}`),
    config: () => /** @type {any} */ ({}),
    version: () => undefined,
    sdk: () => Promise.resolve({}),
    stateDir: () => "/nowhere",
    configPath: () => "/nowhere/openclaw.json",
    helper: () => "/nowhere/helper",
    runner: () => () => Promise.reject(new Error("nothing may be run here")),
    lines,
    hooks,
    ...parts,
  };
}

/**
 * Waits for a condition.
 * @param {() => boolean} condition
 * @param {string} what
 */
export async function until(condition, what) {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
