// @ts-check
import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { createServer } from "node:http";
import { afterEach, beforeEach, test } from "node:test";

import { Refusal } from "../component.js";
import { registerGuard } from "../guard.js";
import { endRequestGuard, expireRequestGuard, guardRequests } from "../requests.js";
import { processState } from "../state.js";
import { fakeHost, forget, giveComponent, listening, until } from "./fakes.js";

/** @type {string[]} */
let arrived = [];
const server = createServer((request, response) => {
  arrived.push(`${request.method} ${request.url}`);
  response.end("ok");
});
/** @type {string} */
let address;
/** @type {string[]} */
let failures = [];
const report = (/** @type {string} */ why) => void failures.push(why);

beforeEach(async () => {
  forget();
  arrived = [];
  failures = [];
  address = await listening(server);
});

afterEach(async () => {
  endRequestGuard();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A component that stops what goes to a path with `model` in it, and the trial. */
function strict() {
  giveComponent({
    runtime: {
      guard: () => ({ tag: "allow" }),
      guardRequest: (/** @type {any} */ _, /** @type {any} */ request) =>
        /model|messages/.test(request.path) ? { tag: "block", val: `no: ${request.server}` } : { tag: "allow" },
    },
  });
}

const post = (/** @type {string} */ path) => fetch(address + path, { method: "POST", body: "a prompt" });

test("a request to a model is stopped before it is sent, and others pass", async () => {
  strict();
  const host = fakeHost();
  await guardRequests(host, report);
  await assert.rejects(post("/model"), (error) => /** @type {any} */ (error).cause.message === `no: ${address}`);
  await assert.rejects(post("/model"));
  assert.equal((await post("/message")).status, 200);
  assert.deepEqual(arrived, ["POST /message"]);
  // Logged once, not at every try; the trial is not.
  assert.deepEqual(
    host.lines.filter((line) => line.startsWith("warn")),
    [`warn: no: ${address}`],
  );
});

test("requests are watched under the strict guard alone, and not after the end", async () => {
  giveComponent({ runtime: { guardRequest: () => ({ tag: "allow" }) } });
  await guardRequests(fakeHost(), report);
  assert.equal(channel("undici:request:create").hasSubscribers, false);
  strict();
  await guardRequests(fakeHost(), report);
  assert.equal(channel("undici:request:create").hasSubscribers, true);
  giveComponent({ runtime: { guardRequest: () => ({ tag: "allow" }) } });
  await guardRequests(fakeHost(), report);
  assert.equal(channel("undici:request:create").hasSubscribers, false);
  assert.equal((await post("/model")).status, 200);
});

test("a request whose waiter breaks is stopped all the same", async () => {
  strict();
  await guardRequests(fakeHost(), report);
  const request = {
    method: "POST",
    origin: "http://elsewhere",
    path: "/model",
    aborted: false,
    onError() {
      this.aborted = true;
      throw new Error("nobody takes this");
    },
  };
  channel("undici:request:create").publish({ request });
  assert.equal(processState().requests?.stopped, 1);
  assert.deepEqual(failures, []);
});

test("a WebSocket is asked about too", async () => {
  const guardRequest = (/** @type {any} */ _, /** @type {any} */ { upgrade, server }) =>
    upgrade || server.endsWith(".invalid") ? { tag: "block", val: "no" } : { tag: "allow" };
  giveComponent({ runtime: { guardRequest } });
  await guardRequests(fakeHost(), report);
  const socket = new WebSocket(`${address.replace("http", "ws")}/model`);
  await new Promise((resolve) => socket.addEventListener("error", resolve));
  assert.equal(processState().requests?.stopped, 1);
  assert.deepEqual(arrived, []);
});

test("only its own service ends a watch", async () => {
  strict();
  const first = await guardRequests(fakeHost(), report);
  const second = await guardRequests(fakeHost(), report);
  assert.ok(first !== undefined && second !== undefined);
  expireRequestGuard(first, 0);
  // Timers of one length end in the order in which they were set.
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(processState().requests, second);
  expireRequestGuard(second, 0);
  await until(() => processState().requests === undefined, "the watch ends");
});

test("settings that are refused do not end a watch, and those before go on", async () => {
  strict();
  const host = fakeHost();
  const watch = await guardRequests(host, report);
  const { runtime } = /** @type {any} */ (processState().component?.exports);
  const read = () => {
    throw Object.assign(new Error(), { payload: { tag: "invalid-settings", val: [] } });
  };
  giveComponent({ runtime, settings: { read } });
  host.config = () => /** @type {any} */ ({ other: true });
  await assert.rejects(guardRequests(host, report), Refusal);
  assert.equal(processState().requests, watch);
  await assert.rejects(post("/model"));
  assert.equal((await post("/message")).status, 200);
});

test("an undecided run is stopped", async () => {
  strict();
  await guardRequests(fakeHost(), report);
  const broken = () => {
    throw new Error("broken");
  };
  giveComponent({ runtime: { guardRequest: broken } });
  await assert.rejects(post("/message"), (error) => /cannot decide/.test(/** @type {any} */ (error).cause.message));
  assert.deepEqual(arrived, []);
});

test("no run may begin once a request could not be stopped", async () => {
  strict();
  const host = fakeHost();
  await guardRequests(host, report);
  registerGuard(host);
  const run = () => host.hooks["before_agent_run"]?.({}, { modelProviderId: "ours" });
  assert.equal(run(), undefined);
  channel("undici:request:create").publish({
    request: { method: "POST", origin: "http://elsewhere", path: "/model" },
  });
  assert.match(processState().requests?.failure ?? "", /could not be stopped: no: http:\/\/elsewhere/);
  assert.equal(run().outcome, "block");
  assert.match(run().reason, /nothing was sent: the strict guard does not work .*guard on$/);
  assert.match(failures[0] ?? "", /^the strict guard does not work/);
});

test("where a trial is not stopped, the start says so and no run may begin", async () => {
  strict();
  const host = fakeHost();
  const original = globalThis.fetch;
  // A transport that the channel does not show.
  globalThis.fetch = async () => new Response("sent");
  try {
    await assert.rejects(guardRequests(host, report), /the strict guard does not work .*it was sent/);
  } finally {
    globalThis.fetch = original;
  }
  registerGuard(host);
  assert.equal(host.hooks["before_agent_run"]?.({}, { modelProviderId: "ours" }).outcome, "block");
});
