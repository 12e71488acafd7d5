// @ts-check
// What all copies of this code in one process share. OpenClaw imports the package anew for every registration (a
// Gateway has at least two), and may use the provider of one copy beside the service of another.

import { IDENTITY } from "./identity.js";

/** @import { Component, OwnSettings, Settings } from "./types/component.d.ts" */

/**
 * What the helper says about the proxy; the shape of `claude-proxy status --json`, with the address and the place of
 * the access key.
 * @typedef {object} ProxyStatus
 * @property {import("./types/component.d.ts").State} state
 * @property {number | null} [sinceMs]
 * @property {number | null} [pid]
 * @property {number} [restarts]
 * @property {object | null} [lastExit]
 * @property {{ host: string, port: number } | null} [listen]
 * @property {object | null} [owner]
 * @property {"claimed" | "none" | "unknown"} [login]
 * @property {string | null} [detail]
 * @property {string | null} [lastOutputLine] The last line of the program while it is started.
 * @property {string | null} [next]
 * @property {{ code: string } | null} [verdict] The latest verdict on what answers.
 * @property {string | null} [baseUrl] Address that was verified; none while it is not.
 * @property {string | null} [keyFile] File with the access key; none where keys are off.
 */

/** @typedef {ReturnType<typeof initialState> & { waiting: Set<() => void> }} ProcessState With who waits for a change. */

// The version is part of the key: a copy of another version must not meet fields it does not know.
const KEY = Symbol.for(`${IDENTITY.id}@${IDENTITY.version}`);

/** OpenClaw's title of the Gateway's process. */
const GATEWAY = "openclaw-gateway";

/** @returns {ProcessState} */
export function processState() {
  const shared = /** @type {Record<symbol, ProcessState | undefined>} */ (/** @type {unknown} */ (globalThis));
  return (shared[KEY] ??= { ...initialState(), waiting: new Set() });
}

/** What a process knows at first. */
export const initialState = () => ({
  /**
   * With the component's own forms of settings, by their objects.
   * @type {{ build: string, exports: Component, lent: WeakMap<Settings, OwnSettings> } | undefined}
   */
  component: undefined,
  /** Whether a service of this process looks after the proxy. */
  served: false,
  /** The helper's latest status. @type {ProxyStatus | undefined} */
  status: undefined,
  /** When that was, on the clock of `performance`. */
  statusAt: 0,
  /** Whether a service has stopped and its successor is expected. */
  reloading: false,
  /** The running helper. @type {import("./supervision.js").Lease | undefined} */
  lease: undefined,
  /** The strict guard's watch over requests. @type {import("./requests.js").RequestWatch | undefined} */
  requests: undefined,
  /** Whether the audit's latest report is closed. @type {boolean | undefined} */
  closed: undefined,
  /** That report, and on what it is. @type {import("./report.js").Audit | undefined} */
  audit: undefined,
  /** The Claude CLI's latest answer about the login. @type {import("./types/component.d.ts").Login} */
  cliLogin: "unknown",
  /** When that was, on the clock of `performance`. */
  cliLoginAt: -Infinity,
  /** The proxy's list of models; empty where it is not known. @type {import("./types/component.d.ts").ListedModel[]} */
  listed: [],
  /** The address that was asked for it. @type {string | undefined} */
  listedFrom: undefined,
  /** When that was, on the clock of `performance`. */
  listedAt: -Infinity,
  /** The latest answer of the model. @type {import("./answers.js").LastAnswer | undefined} */
  answer: undefined,
  /**
   * Whether the component knows every path of the schema of this OpenClaw; asked where it does not know the version.
   * @type {{ version: string, known: boolean } | undefined}
   */
  schema: undefined,
});

/**
 * Whether this process has a service that looks after the proxy, or is about to start one: a Gateway may get a turn
 * before its services have started. Other processes ask the helper.
 */
export const isServing = () => processState().served || process.title === GATEWAY;

/**
 * Changes the shared state and wakes who waits for it.
 * @param {Partial<Omit<ProcessState, "waiting" | "statusAt">>} change
 */
export function update(change) {
  const state = processState();
  Object.assign(state, change);
  if (change.status !== undefined) state.statusAt = performance.now();
  for (const wake of [...state.waiting]) wake();
}

/**
 * Waits for a change, or for a time.
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function changeOrTimeout(ms) {
  const { waiting } = processState();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      waiting.delete(done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    waiting.add(done);
  });
}

/**
 * Calls back at every change.
 * @param {() => void} callback Must not throw.
 * @returns {() => void} Ends it.
 */
export function onChange(callback) {
  const { waiting } = processState();
  waiting.add(callback);
  return () => void waiting.delete(callback);
}
