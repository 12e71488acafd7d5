// @ts-check
// The strict guard: a request of the Gateway's own process that has the form of one to a model is stopped where it is about
// to be sent, so what no hook of OpenClaw sees is seen here: compaction, titles, recaps, probes, embeddings. It rests on
// undici, which Node's `fetch` and OpenClaw use: a public channel shows each request, a method that is documented nowhere
// ends it. So it is tried at the start, and where it does not work no run may begin.

import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { ask } from "./component.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { settingsOf } from "./settings.js";
import { processState, update } from "./state.js";

/** @typedef {import("./host.js").Host} Host */

/**
 * What is used of undici's request, in the versions of Node 24 and of OpenClaw.
 * @typedef {object} Outgoing
 * @property {string} method
 * @property {string | URL} origin
 * @property {string} path
 * @property {(error: Error) => void} [onError] As Node 24 names what ends it (undici 7).
 * @property {(error: Error) => void} [onResponseError] As OpenClaw's own undici (8) names it.
 */

const CHANNEL = "undici:request:create";
/** Has the form of a request to a model, and is never sent. */
const TRIAL = Object.freeze({ method: "POST", server: "http://127.0.0.1:65535", path: "/v1/messages" });
/** The same sentence is said again after this long, in milliseconds: OpenClaw tries up to eight times. */
const QUIET_MS = 60_000;

class Stopped extends Error {}

/**
 * Begins to look at requests where the settings want it; ends what an earlier call began.
 * @param {Host} host
 * @returns {Promise<void>}
 * @throws {Error} If requests cannot be stopped here. Until the next call the guard then stops every run.
 */
export async function guardRequests(host) {
  endRequestGuard();
  // A request that nobody would stop shows that nobody wants it.
  if (decide(host, TRIAL) === undefined) return;
  const watch = new RequestWatch(host);
  subscribe(CHANNEL, watch.look);
  update({ requests: watch });
  const why = await fetch(TRIAL.server + TRIAL.path, { method: TRIAL.method }).then(
    () => "it was sent",
    (error) => (error.cause instanceof Stopped ? undefined : `it was not stopped (${messageOf(error)})`),
  );
  if (why !== undefined) throw new Error(watch.fail(`a request for trial: ${why}`));
  host.log("info", "the strict guard looks at the requests of this process");
}

/** Stops looking. */
export function endRequestGuard() {
  const { requests } = processState();
  if (requests !== undefined) unsubscribe(CHANNEL, requests.look);
  update({ requests: undefined });
}

/**
 * Stops looking after a while, unless somebody has begun anew by then.
 * @param {number} ms
 */
export function expireRequestGuard(ms) {
  const { requests } = processState();
  if (requests === undefined) return;
  const expire = () => {
    if (processState().requests === requests) endRequestGuard();
  };
  setTimeout(expire, ms).unref();
}

/** One watch over the requests of this process. */
export class RequestWatch {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    /** @type {string | undefined} Why requests cannot be stopped. */
    this.failure = undefined;
    this.stopped = 0;
    /** @type {Map<string, number>} */
    this.said = new Map();
    /** @type {(message: unknown) => void} */
    this.look = (message) => {
      const { request } = /** @type {{ request: Outgoing }} */ (message);
      const reason = this.reason(request);
      if (reason === undefined) return;
      const end = request.onError ?? request.onResponseError;
      if (typeof end !== "function") return this.say("error", this.fail(`a request could not be stopped: ${reason}`));
      end.call(request, new Stopped(reason));
      if (originOf(request) === TRIAL.server) return;
      this.stopped += 1;
      this.say("warn", reason);
    };
  }

  /**
   * @param {Outgoing} request
   * @returns {string | undefined}
   */
  reason(request) {
    try {
      return decide(this.host, { method: request.method, server: originOf(request), path: request.path });
    } catch (error) {
      return `${IDENTITY.id}: nothing was sent: ${messageOf(error)}`;
    }
  }

  /**
   * @param {string} why
   * @returns {string} What to tell.
   */
  fail(why) {
    this.failure =
      `the strict guard does not work with this version of OpenClaw or Node, so no run may begin (${why}). ` +
      `Close the configuration instead, and go back: openclaw config set ${IDENTITY.settingsPath}.guard on`;
    return this.failure;
  }

  /**
   * @param {"warn" | "error"} level
   * @param {string} text
   */
  say(level, text) {
    const now = performance.now();
    for (const [old, at] of this.said) if (now - at > QUIET_MS) this.said.delete(old);
    if (this.said.has(text)) return;
    this.said.set(text, now);
    this.host.log(level, text);
  }
}

/** @param {Outgoing} request */
const originOf = (request) => String(request.origin);

/**
 * @param {Host} host
 * @param {import("./types/component.d.ts").Request} request
 * @returns {string | undefined} Why it is stopped; nothing if it may be sent.
 */
function decide(host, request) {
  const settings = settingsOf(host.config());
  const decision = ask(({ runtime }) => runtime.guardRequest(settings, request));
  return decision.tag === "allow" ? undefined : decision.val;
}
