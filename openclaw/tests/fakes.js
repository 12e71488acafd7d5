// @ts-check
// Fakes of the component and for OpenClaw, with the shapes that the shim relies on.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildId } from "../integrity.js";
import { initialState, processState } from "../state.js";

/** @typedef {import("../host.js").Host} Host */

/**
 * Puts a component in place that finds no fault; what else a test does not give breaks it if it is asked.
 * @param {Record<string, Record<string, Function>>} interfaces With `settings.read`: what the settings of a configuration are.
 */
export function giveComponent({ settings, ...interfaces }) {
  const read = settings?.["read"] ?? (() => ({ host: "127.0.0.1", port: 3456, guard: "on" }));
  const made = (/** @type {object} */ what) => ({ toJson: () => JSON.stringify(what), [Symbol.dispose]: () => undefined });
  const Settings = { parse: JSON.parse, fromConfig: (/** @type {string} */ document) => made(read(document)) };
  const provider = { describe: () => ({ placeholderKey: "placeholder" }) };
  const runtime = { guardRequest: () => ({ tag: "allow" }), assess, ...interfaces["runtime"] };
  const config = { audit: () => ({ tag: "report", val: CLOSED }), guardOff: () => undefined, ...interfaces["config"] };
  const doctor = { questions: () => QUESTIONS };
  const auth = { judgeToken: () => "absent", ...interfaces["auth"] };
  const exports = /** @type {any} */ ({ types: { Settings }, provider, doctor, ...interfaces, config, runtime, auth });
  processState().component = { build: buildId(), exports, lent: new WeakMap() };
}

/** What the component asks programs. */
const QUESTIONS = [
  { id: "claude-login", command: ["claude", "auth", "status"], timeoutMs: 1000 },
  { id: "openclaw", command: ["openclaw", "--version"], timeoutMs: 1000 },
];

/** What a state means, more or less. */
const assess = (/** @type {any} */ _settings, /** @type {any} */ now, /** @type {any} */ file) => ({
  up: now.state === "ready",
  failing: now.state === "blocked" || now.code === "renewal-soon",
  next: file.unread ?? now.next ?? (file.inForce === false ? "plugins reload" : undefined),
  line: [`proxy is ${now.state}`, now.detail, now.next].filter(Boolean).join(". "),
});

/** Forgets everything the process shares. */
export const forget = () => void Object.assign(processState(), initialState());

/** A report without a fault. */
export const CLOSED = Object.freeze({
  closed: true,
  decided: true,
  exitCode: 0,
  summary: "0 routes",
  routes: [],
  findings: [],
  notExamined: [],
  knownVersions: [],
  openTools: [],
  commands: [],
});

/**
 * Listens on a port of its own.
 * @param {import("node:net").Server} server
 * @returns {Promise<string>} Where it answers.
 */
export async function listening(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}`;
}

/** @typedef {{ argv: string[], options: any, end: (result: object) => void }} Run */

/** Programs that a host has started, each ended by its signal or by hand. */
export function programs() {
  /** @type {Run[]} */
  const runs = [];
  const run = (/** @type {string[]} */ argv, /** @type {any} */ options) =>
    new Promise((resolve) => {
      const end = (/** @type {object} */ result) => resolve({ code: null, signal: null, ...result });
      options.signal.addEventListener("abort", () => end({ code: 0 }));
      runs.push({ argv, options, end });
    });
  return { runs, host: fakeHost({ runner: () => /** @type {any} */ (run) }) };
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

/** A folder that goes with the process. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "claude-proxy-shim-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
