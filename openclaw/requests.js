// @ts-check
// The strict guard: a request of the Gateway's own process that has the form of one to a model is stopped where it is about
// to be sent, so what no hook of OpenClaw sees is seen here: compaction, titles, recaps, probes, embeddings. It rests on
// undici, which Node's `fetch` and OpenClaw use: a public channel shows each request, a method that is documented nowhere
// ends it. What does not use undici is seen through Node's own channels. Both are tried at the start, and where they do not
// work no run may begin.

import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { Channels, Stopped } from "./channels.js";
import { ask, reasonOf, Refusal } from "./component.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { settingsOf } from "./settings.js";
import { processState, update } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { OutgoingRequest, Program, Settings } from "./types/component.d.ts" */

/**
 * What is used of undici's request, in the versions of Node 24 and of OpenClaw.
 * @typedef {object} Outgoing
 * @property {string} method
 * @property {string | URL} origin
 * @property {string} path
 * @property {string | null} [upgrade] The protocol that it asks for, as a WebSocket does.
 * @property {boolean} [aborted] Whether it has ended and is never sent.
 * @property {(error: Error) => void} [onError] As Node 24 names what ends it (undici 7).
 * @property {(error: Error) => void} [onResponseError] As OpenClaw's own undici (8) names it.
 */

const CHANNEL = "undici:request:create";
/** Has the form of a request to a model, and is never sent. No proxy can have this name. */
const TRIAL = Object.freeze({
  method: "POST",
  server: "http://anthropic-claude-proxy.invalid",
  path: "/trial/v1/messages",
  upgrade: false,
});
/** The same line is logged again after this long, in milliseconds: OpenClaw tries up to eight times. */
const QUIET_MS = 60_000;

/**
 * Begins to look at requests where the settings want it, in place of what an earlier call began.
 * @param {Host} host
 * @param {(why: string) => void} onFailure Called if requests turn out not to be stoppable.
 * @returns {Promise<RequestWatch | undefined>} Nothing where nobody wants it.
 * @throws {Error} If nothing can be decided (an earlier watch then goes on), or if requests cannot be stopped here: then
 *   the guard stops every run until the next call.
 */
export async function guardRequests(host, onFailure) {
  const settings = settingsOf(host.config());
  // A request that nobody would stop shows that nobody wants it.
  const wanted = decide(settings, TRIAL) !== undefined;
  endRequestGuard();
  if (!wanted) return undefined;
  const watch = new RequestWatch(host, settings, onFailure);
  watch.begin();
  update({ requests: watch });
  const fetched = await fetch(TRIAL.server + TRIAL.path, { method: TRIAL.method }).then(
    () => "it was sent",
    (error) => (error.cause instanceof Stopped ? undefined : `it was not stopped (${messageOf(error)})`),
  );
  const why = fetched ?? (await watch.channels.testStop(TRIAL));
  if (why !== undefined) throw new Error(watch.fail(`the test request failed: ${why}`));
  host.log("info", "the strict guard looks at the requests of this process");
  return watch;
}

/** Stops looking. */
export function endRequestGuard() {
  const { requests } = processState();
  requests?.end();
  update({ requests: undefined });
}

/**
 * Ends this watch after a while, unless another one has taken its place by then.
 * @param {RequestWatch} watch
 * @param {number} ms
 */
export function expireRequestGuard(watch, ms) {
  const expire = () => {
    if (processState().requests === watch) endRequestGuard();
  };
  setTimeout(expire, ms).unref();
}

/** One watch over the requests of this process. */
export class RequestWatch {
  /**
   * @param {Host} host
   * @param {Settings} settings
   * @param {(why: string) => void} onFailure
   */
  constructor(host, settings, onFailure) {
    this.host = host;
    this.settings = settings;
    this.onFailure = onFailure;
    /** @type {string | undefined} Why requests cannot be stopped. */
    this.failure = undefined;
    /** Requests that were stopped. */
    this.stopped = 0;
    /** @type {Map<string, number>} */
    this.logged = new Map();
    /** @type {(message: unknown) => void} */
    this.observer = (message) => this.judge(/** @type {{ request: Outgoing }} */ (message).request);
    this.channels = new Channels({
      reason: (request) => this.reason(request),
      programReason: (file, first) => this.programReason({ file, first }),
      ended: (reason, path) => this.ended(reason, path),
    });
  }

  begin() {
    subscribe(CHANNEL, this.observer);
    this.channels.begin();
  }

  end() {
    unsubscribe(CHANNEL, this.observer);
    this.channels.end();
  }

  /** @param {Outgoing} request */
  judge(request) {
    const { method, origin, path, upgrade } = request;
    const { hostname } = URL.parse(String(origin)) ?? { hostname: "" };
    const host = hostname.replace(/^\[|\]$/g, "");
    const reason = this.reason({ method, server: String(origin), path, upgrade: Boolean(upgrade) });
    if (reason === undefined) {
      this.channels.noteAllowed(host);
      return;
    }
    this.channels.noteStopped(host);
    try {
      const end = request.onError ?? request.onResponseError;
      if (typeof end === "function") end.call(request, new Stopped(reason));
    } catch {
      // Whoever waits for the request failed at the error. Whether the request has ended is checked below.
    }
    if (request.aborted !== true) {
      const first = this.failure === undefined;
      const why = this.fail(`a request could not be stopped: ${reason}`);
      if (first) this.onFailure(why);
    } else this.ended(reason, path);
  }

  /**
   * Something was stopped. The trials are not logged.
   * @param {string} reason
   * @param {string} path
   */
  ended(reason, path) {
    if (path.endsWith(TRIAL.path)) return;
    this.stopped += 1;
    this.logOnce("warn", reason);
  }

  /**
   * @param {OutgoingRequest} request
   * @returns {string | undefined}
   */
  reason(request) {
    try {
      // Settings that are not accepted do not replace those that were.
      this.settings = settingsOf(this.host.config());
    } catch (error) {
      if (!(error instanceof Refusal)) return undecidedReason(error);
    }
    try {
      return decide(this.settings, request);
    } catch (error) {
      return undecidedReason(error);
    }
  }

  /**
   * @param {Program} program
   * @returns {string | undefined} Nothing too where it cannot be decided: the helper is a program, and so is every tool.
   */
  programReason(program) {
    try {
      return reasonOf(ask(({ runtime }, lend) => runtime.guardProgram(lend(this.settings), program)));
    } catch {
      return undefined;
    }
  }

  /**
   * @param {string} why
   * @returns {string} The error for the user.
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
  logOnce(level, text) {
    const now = performance.now();
    for (const [old, at] of this.logged) if (now - at > QUIET_MS) this.logged.delete(old);
    if (this.logged.has(text)) return;
    this.logged.set(text, now);
    this.host.log(level, text);
  }
}

/** @param {unknown} error */
const undecidedReason = (error) => `${IDENTITY.id}: nothing was sent: ${messageOf(error)}`;

/**
 * @param {Settings} settings
 * @param {OutgoingRequest} request
 * @returns {string | undefined} Why it is stopped; nothing if it may be sent.
 */
const decide = (settings, request) => reasonOf(ask(({ runtime }, lend) => runtime.guardRequest(lend(settings), request)));
