// @ts-check
// What the strict guard sees beside undici, through Node's documented diagnostics channels: requests of the `http` module
// (the libraries of AWS, WebSockets of other libraries), connections that no request was seen for (HTTP/2, TLS), and
// programs. A request is ended before it is sent, a connection before it is opened, a program right after its start.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { request as send } from "node:http";

import { messageOf } from "./errors.js";

/** @typedef {import("./types/component.d.ts").OutgoingRequest} OutgoingRequest */

/**
 * Who decides, and is notified.
 * @typedef {object} Judge
 * @property {(request: OutgoingRequest) => string | undefined} reason Why a request is stopped; nothing if it may be sent.
 * @property {(file: string, first: string | undefined) => string | undefined} programReason
 * @property {(reason: string, path: string) => void} ended Something was stopped, for this reason.
 */

/** A host whose requests were seen opens connections for them this long afterwards, in milliseconds. */
const SEEN_MS = 300_000;
/** Most hosts that are remembered. */
const MAX_HOSTS = 1_000;

/** What ends what is stopped. */
export class Stopped extends Error {}

/** A look at this process through Node's channels. */
export class Channels {
  /** @param {Judge} judge */
  constructor(judge) {
    this.judge = judge;
    /** Requests that were judged. @type {WeakSet<object>} */
    this.judged = new WeakSet();
    /** When a request to a host went on last. @type {Map<string, number>} */
    this.hosts = new Map();
    /** When a request to a host was stopped last: its connection is no news. @type {Map<string, number>} */
    this.refused = new Map();
    /** @type {Record<string, (message: any) => void>} */
    const observers = {
      // Before anything is written; versions of Node without it have the other one, which comes with the last of the body.
      "http.client.request.created": ({ request }) => this.request(request),
      "http.client.request.start": ({ request }) => this.request(request),
      "net.client.socket": ({ socket }) => this.socket(socket),
      child_process: ({ process }) => this.program(process),
    };
    // A look that fails would end the process.
    this.observers = Object.entries(observers).map(([name, observer]) => {
      const careful = (/** @type {unknown} */ message) => {
        try {
          observer(message);
        } catch {
          // Of another form than Node documents.
        }
      };
      return /** @type {const} */ ([name, careful]);
    });
  }

  begin() {
    for (const [name, observer] of this.observers) subscribe(name, observer);
  }

  end() {
    for (const [name, observer] of this.observers) unsubscribe(name, observer);
  }

  /**
   * Whether a request of the `http` module is stopped.
   * @param {OutgoingRequest} trial It is never sent.
   * @returns {Promise<string | undefined>} Why not; nothing if it is.
   */
  async testStop(trial) {
    return new Promise((resolve) => {
      const { method, server, path } = trial;
      const request = send(server + path, { method }, () => resolve("it was sent"));
      request.on("error", (error) => {
        resolve(error instanceof Stopped ? undefined : `it was not stopped (${messageOf(error)})`);
      });
      request.end();
    });
  }

  /**
   * A request that was seen: connections to its host are for it.
   * @param {string} host
   */
  noteAllowed(host) {
    remember(this.hosts, host);
  }

  /**
   * A request that was stopped: its connection is ended too, without another report.
   * @param {string} host
   */
  noteStopped(host) {
    remember(this.refused, host);
  }

  /** @param {import("node:http").ClientRequest} request */
  request(request) {
    if (this.judged.has(request)) return;
    this.judged.add(request);
    const { method, host, protocol, path } = request;
    // The request does not say its port, but in the header; a header for another host is no help.
    const named = String(request.getHeader("host") ?? "");
    const server = `${protocol}//${hostOfHeader(named) === normalizedHost(host) ? named : host.includes(":") ? `[${host}]` : host}`;
    const reason = this.judge.reason({ method, server, path, upgrade: request.getHeader("upgrade") !== undefined });
    if (reason === undefined) {
      this.noteAllowed(normalizedHost(host));
      return;
    }
    this.noteStopped(normalizedHost(host));
    request.destroy(new Stopped(reason));
    this.judge.ended(reason, path);
  }

  /** @param {import("node:net").Socket} socket */
  socket(socket) {
    socket.once("lookup", (_error, _address, _family, host) => {
      if (isRecent(this.hosts, normalizedHost(String(host)))) return;
      const reason = this.judge.reason({ method: "CONNECT", server: `https://${host}`, path: "", upgrade: false });
      if (reason === undefined) return;
      socket.destroy(new Stopped(reason));
      if (!isRecent(this.refused, normalizedHost(String(host)))) this.judge.ended(reason, "");
    });
  }

  /** @param {import("node:child_process").ChildProcess} child */
  program(child) {
    child.once("spawn", () => {
      const reason = this.judge.programReason(child.spawnfile, child.spawnargs[1]);
      if (reason === undefined) return;
      child.kill("SIGKILL");
      this.judge.ended(reason, "");
    });
  }
}

/** @param {string} host */
const normalizedHost = (host) => host.replace(/^\[|\]$/g, "").toLowerCase();

/**
 * The host of a `Host` header.
 * @param {string} header
 */
const hostOfHeader = (header) => normalizedHost(header.replace(/:\d*$/, ""));

/**
 * @param {Map<string, number>} hosts
 * @param {string} host
 */
function remember(hosts, host) {
  hosts.delete(host);
  hosts.set(host, performance.now());
  for (const first of hosts.keys()) {
    if (hosts.size <= MAX_HOSTS) break;
    hosts.delete(first);
  }
}

/**
 * @param {Map<string, number>} hosts
 * @param {string} host
 */
function isRecent(hosts, host) {
  const at = hosts.get(host);
  return at !== undefined && performance.now() - at < SEEN_MS;
}
