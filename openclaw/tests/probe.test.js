// @ts-check
import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";

import { observe } from "../probe.js";
import { listening } from "./fakes.js";

/** @typedef {import("../types/component.d.ts").Outcome} Outcome */

const PROBE = { id: "p", path: "/health", headers: [], withKey: false, timeoutMs: 2_000, maxBody: 8 };

/**
 * What a probe makes of a listener that behaves like this.
 * @param {(socket: import("node:net").Socket) => void} serve
 * @param {number} [timeoutMs]
 */
async function outcomeOf(serve, timeoutMs = 2_000) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => serve(socket));
  });
  const url = await listening(server);
  try {
    const [seen] = await observe(url, [{ ...PROBE, timeoutMs }], undefined);
    return /** @type {Outcome} */ (seen?.outcome);
  } finally {
    server.close();
  }
}

test("a response is cut to the limit", async () => {
  const outcome = await outcomeOf((socket) => socket.end("HTTP/1.1 503 X\r\nX-A: b\r\n\r\n0123456789"));
  assert.equal(outcome.tag, "response");
  assert.equal(outcome.val.status, 503);
  assert.equal(outcome.val.body, "01234567");
  assert.deepEqual(outcome.val.headers, [["x-a", "b"]]);
});

test("a redirect is an answer, and is not followed", async () => {
  const outcome = await outcomeOf((socket) =>
    socket.end("HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
  );
  assert.equal(outcome.tag === "response" && outcome.val.status, 302);
});

test("silence, other protocols and TLS are told apart", async () => {
  assert.deepEqual(await outcomeOf(() => {}, 50), { tag: "timed-out" });
  assert.deepEqual(await outcomeOf((socket) => socket.end("SSH-2.0-OpenSSH_9\r\n")), {
    tag: "not-http",
    val: "SSH-2.0-OpenSSH_9",
  });
  assert.deepEqual(await outcomeOf((socket) => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]))), { tag: "tls" });
  assert.equal((await outcomeOf((socket) => socket.end())).tag, "failed");
});

test("an endless body ends at the deadline or the limit", async () => {
  const outcome = await outcomeOf((socket) => {
    socket.write("HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\nabc");
  }, 100);
  assert.deepEqual(outcome, { tag: "timed-out" });
});

test("a closed port is reported as refused", async () => {
  const server = createServer();
  const url = await listening(server);
  server.close();
  await once(server, "close");
  const [seen] = await observe(url, [PROBE], undefined);
  assert.deepEqual(seen?.outcome, { tag: "refused" });
});

test("the key goes with the questions that want it, and with no other", async () => {
  /** @type {Array<string | string[] | undefined>} */
  const keys = [];
  const server = createHttpServer((request, response) => {
    keys.push(request.headers["x-api-key"]);
    response.end();
  });
  const url = await listening(server);
  const keyed = { ...PROBE, withKey: true };
  await observe(url, [keyed, PROBE], "k");
  await observe(url, [keyed], undefined);
  server.close();
  assert.deepEqual(keys, ["k", undefined, undefined]);
});
