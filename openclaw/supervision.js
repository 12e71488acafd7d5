// @ts-check
// The running helper of this process, as a lease: a reload stops the old service before it starts the new one, and the
// helper, with the proxy and the answers in flight behind it, is handed from one to the other if it would be started
// in the same way.

import { locationArgs } from "./helper.js";
import { buildId } from "./integrity.js";
import { jsonLines } from "./json-lines.js";
import { inherited } from "./programs.js";
import { processState, update } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { ProxyStatus } from "./state.js" */
/** @import { LaunchPlan } from "./types/component.d.ts" */

/**
 * @typedef {object} Lease
 * @property {string} key What the helper was started with; another key means another helper.
 * @property {() => Promise<void>} end Ends the helper and everything it started; settles within `ENDING_MS`.
 * @property {boolean} over Whether it has ended.
 * @property {ReturnType<typeof setTimeout> | undefined} expiry Ends it when no successor took it over in time.
 * @property {Watcher} watcher Told about it; changes hands with the lease.
 */

/**
 * @typedef {object} Watcher
 * @property {(status: ProxyStatus, event: string) => void} onStatus
 * @property {(code: number | null, why: string) => void} onEnd The helper ended although nobody asked it to.
 */

/** Time between TERM and KILL of the helper, in milliseconds. The service has four seconds to stop. */
const GRACE_MS = 3_000;
/** Longest time to wait for an end, in milliseconds. */
const ENDING_MS = 3_600;
/** How much of the helper's error output is kept for the day it ends, in characters. */
const MAX_ERROR_OUTPUT = 500;
/** OpenClaw lets turns that are being answered end between stop and start, for up to a minute. */
const DRAIN_MS = 90_000;

/**
 * Takes over the running helper, or starts one.
 * @param {Host} host
 * @param {LaunchPlan} plan
 * @param {Watcher} watcher
 * @param {() => boolean} isWanted Whether the service still wants it; it may have been stopped meanwhile.
 * @returns {Promise<"taken over" | "started" | "no longer wanted">}
 * @throws {Error} If there is no usable helper.
 */
export async function supervise(host, plan, watcher, isWanted) {
  if (!isWanted()) return "no longer wanted";
  const helper = host.helper();
  const argv = [helper, "supervise", "--parent", String(process.pid), ...locationArgs(host)];
  const key = JSON.stringify([buildId(), argv, plan]);
  const old = processState().lease;
  if (old !== undefined && !old.over) {
    clearTimeout(old.expiry);
    old.expiry = undefined;
    if (old.key === key) {
      old.watcher = watcher;
      return "taken over";
    }
    await old.end();
    if (!isWanted()) return "no longer wanted";
  }
  update({ lease: launch(host, argv, plan, key, watcher), status: { state: "starting", detail: null } });
  return "started";
}

/**
 * @param {Host} host
 * @param {string[]} argv
 * @param {LaunchPlan} plan
 * @param {string} key
 * @param {Watcher} watcher
 * @returns {Lease}
 */
function launch(host, argv, plan, key, watcher) {
  const abort = new AbortController();
  let errorOutput = "";
  const onValue = (/** @type {any} */ event) => {
    if (typeof event?.status?.state !== "string") return;
    update({ status: event.status });
    lease.watcher.onStatus(event.status, String(event.event ?? ""));
  };
  const onStdout = jsonLines(onValue);
  /** @type {Promise<void>} */
  const ended = host
    .runner()(argv, {
      signal: abort.signal,
      baseEnv: {},
      env: inherited(plan.inherit),
      killProcessTree: true,
      killGraceMs: GRACE_MS,
      maxOutputBytes: 4096,
      onOutputChunk(chunk, stream) {
        try {
          if (stream === "stdout") onStdout(chunk);
          else errorOutput = (errorOutput + chunk.toString("utf8")).slice(-MAX_ERROR_OUTPUT);
        } catch (error) {
          host.log("error", `an event of the helper was lost: ${String(error)}`);
        }
      },
    })
    .then(
      ({ code, signal }) => ({ code, how: signal === null ? `exit code ${code}` : `signal ${signal}` }),
      (error) => ({ code: null, how: String(error) }),
    )
    .then(({ code, how }) => {
      lease.over = true;
      clearTimeout(lease.expiry);
      if (processState().lease !== lease) return;
      update({ lease: undefined, status: undefined });
      if (abort.signal.aborted) return;
      const output = errorOutput.trim().replace(/\s*\n\s*/g, " ");
      lease.watcher.onEnd(code, output === "" ? how : `${how}: ${output}`);
    })
    .catch((error) => host.log("error", `the end of the helper could not be handled: ${String(error)}`));

  /** @type {Lease} */
  const lease = {
    key,
    over: false,
    expiry: undefined,
    watcher,
    end() {
      clearTimeout(lease.expiry);
      abort.abort();
      return Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ENDING_MS).unref())]);
    },
  };
  return lease;
}

/** Lets go of the helper: a successor may take it over while OpenClaw replaces the service; then it ends. */
export function releaseHelper() {
  expireIn(DRAIN_MS);
}

/**
 * Ends the released helper if nobody takes it over within this time.
 * @param {number} ms
 */
export function expireIn(ms) {
  const { lease } = processState();
  if (lease === undefined || lease.over) return;
  clearTimeout(lease.expiry);
  lease.expiry = setTimeout(() => {
    update({ reloading: false, served: false });
    void lease.end();
  }, ms);
  lease.expiry.unref();
}

/** Whether the helper waits for a successor. */
export const isReleased = () => processState().lease?.expiry !== undefined;

/** Ends the helper, if there is one, and waits for it. */
export async function endHelper() {
  await processState().lease?.end();
  update({ lease: undefined, status: undefined });
}
