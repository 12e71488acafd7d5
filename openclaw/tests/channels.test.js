// @ts-check
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { createServer, get, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { endRequestGuard, guardRequests } from "../requests.js";
import { processState } from "../state.js";
import { fakeHost, forget, giveComponent, listening, temporaryFolder } from "./fakes.js";

/** @type {string[]} */
let arrived = [];
/** Connections that were opened. */
let connections = 0;
const server = createServer((incoming, response) => {
  arrived.push(`${incoming.method} ${incoming.url}`);
  response.end("ok");
}).on("connection", () => (connections += 1));
/** @type {number} */
let port;
/** What the component was asked. @type {any[]} */
let asked = [];

beforeEach(async () => {
  forget();
  arrived = [];
  asked = [];
  connections = 0;
  port = Number(new URL(await listening(server)).port);
  giveComponent({
    runtime: {
      guardRequest: (/** @type {any} */ _, /** @type {any} */ one) => {
        asked.push(one);
        return /messages$/.test(one.path) || one.method === "CONNECT" ? { tag: "block", val: "no" } : { tag: "allow" };
      },
      guardProgram: (/** @type {any} */ _, /** @type {any} */ { file, first }) =>
        /claude$/.test(file) && first !== "auth" ? { tag: "block", val: "no program" } : { tag: "allow" },
    },
  });
});

afterEach(async () => {
  endRequestGuard();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const begin = () => guardRequests(fakeHost(), () => assert.fail("it can be stopped"));

/**
 * A request of Node's own module.
 * @param {object} options
 * @returns {Promise<string>} The answer, or why there is none.
 */
const ask = (options) =>
  new Promise((resolve) => {
    const sent = request({ host: "127.0.0.1", port, method: "POST", ...options }, (response) => {
      response.setEncoding("utf8").on("data", resolve);
    });
    sent.on("error", (error) => resolve(error.message));
    sent.end("a prompt");
  });

test("a request of Node's own module to a model is ended before a connection is opened", async () => {
  await begin();
  assert.equal(await ask({ path: "/v1/messages" }), "no");
  assert.deepEqual([arrived, connections], [[], 0]);
  assert.equal(await ask({ path: "/other" }), "ok");
  assert.deepEqual(arrived, ["POST /other"]);
  assert.equal(processState().requests?.stopped, 1);
});

test("a Host header does not decide where a request goes", async () => {
  await begin();
  await ask({ path: "/a" });
  await ask({ path: "/b", headers: { host: "proxy.example:1" } });
  await ask({ path: "/c", host: "localhost", headers: { host: "localhost:9" } });
  const servers = asked.filter(({ path }) => /^\/.$/.test(path)).map(({ server: where }) => where);
  assert.deepEqual(servers, [`http://127.0.0.1:${port}`, "http://127.0.0.1", "http://localhost:9"]);
});

test("a WebSocket of another library is asked about", async () => {
  await begin();
  await ask({ path: "/socket", method: "GET", headers: { connection: "upgrade", upgrade: "websocket" } });
  assert.equal(asked.find(({ path }) => path === "/socket").upgrade, true);
});

test("a connection is ended before it is opened, unless a request to its host was seen", async () => {
  await begin();
  const opened = () =>
    new Promise((resolve) => {
      const socket = connect(port, "localhost", () => (socket.destroy(), resolve("open")));
      socket.on("error", (error) => resolve(error.message));
    });
  assert.equal(await opened(), "no");
  assert.equal(connections, 0);
  assert.deepEqual(asked.at(-1), { method: "CONNECT", server: "https://localhost", path: "", upgrade: false });
  await fetch(`http://localhost:${port}/seen`);
  assert.equal(await opened(), "open");
});

test("a program that asks a model is ended, and others go on", async () => {
  const folder = temporaryFolder();
  const claude = join(folder, "claude");
  copyFileSync("/bin/sleep", claude);
  await begin();
  const run = (/** @type {string} */ file, /** @type {string[]} */ args) =>
    new Promise((resolve) => execFile(file, args, (error) => resolve(error?.signal ?? error?.code ?? 0)));
  assert.equal(await run(claude, ["60"]), "SIGKILL");
  assert.equal(await run("/bin/true", []), 0);
  assert.equal(await run(claude, ["auth"]), 1);
  assert.equal(processState().requests?.stopped, 1);
});

test("nothing is watched after the end", async () => {
  await begin();
  endRequestGuard();
  assert.equal(await ask({ path: "/v1/messages" }), "ok");
  await new Promise((resolve) => get({ port, host: "localhost" }, (response) => (response.resume(), response.on("end", resolve))));
});
