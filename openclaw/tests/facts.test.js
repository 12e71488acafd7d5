// @ts-check
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { beforeEach, test } from "node:test";

import { fallback } from "../cli-fallback.js";
import { judgeListener } from "../facts.js";
import { NoHelper } from "../platform.js";
import { askPrograms } from "../programs.js";
import { fakeHost, forget, giveComponent, listening } from "./fakes.js";

beforeEach(forget);

test("without a helper the shim probes the proxy itself, without the key", async () => {
  /** @type {unknown[]} */
  const keys = [];
  const server = createServer((request, response) => {
    keys.push(request.headers["x-api-key"]);
    response.end("{}");
  });
  const url = await listening(server);
  const probe = { id: "one", path: "/health", headers: [], withKey: true, timeoutMs: 5000, maxBody: 100 };
  const judge = (/** @type {any} */ _settings, /** @type {unknown} */ owner, /** @type {any[]} */ seen) => {
    assert.deepEqual(owner, { tag: "unvouched" }, "nobody vouches for the listener");
    if (seen.length === 0) return { tag: "ask", val: [probe] };
    assert.equal(seen[0].outcome.val.status, 200);
    return { tag: "judged", val: verdict };
  };
  const verdict = { readiness: "ready", code: "recognized", detail: "It answers.", login: "claimed", name: "x", ownTools: true };
  giveComponent({ health: { judge } });
  const judged = await judgeListener(url, /** @type {any} */ ({}));
  server.close();
  assert.equal(judged, verdict);
  assert.deepEqual(keys, [undefined]);
});

test("OpenClaw, which says its version itself, is not started for it", async () => {
  giveComponent({ provider: { launch: () => ({ inherit: [] }) } });
  /** @type {unknown[]} */
  const started = [];
  const run = async (/** @type {string[]} */ argv) => {
    started.push(argv[0]);
    return { code: 0, stdout: "", stderr: "" };
  };
  const answers = await askPrograms(fakeHost({ runner: () => /** @type {any} */ (run) }));
  assert.deepEqual(started, ["claude"]);
  assert.deepEqual(answers.map(({ id }) => id), ["claude-login"]);
});

test("the doctor shows why there is no helper, and what to do about it, apart", async (t) => {
  /** @type {any[]} */
  const given = [];
  const examine = (/** @type {any} */ facts) => {
    given.push(facts);
    return [{ id: "platform", title: "Helper", status: "unknown", detail: facts.platform.val, fix: undefined }];
  };
  const launch = () => ({ inherit: [], command: ["bunx"], pinned: true, local: true, port: 3456, baseUrl: "http://127.0.0.1:1" });
  const judge = () => ({ tag: "judged", val: {} });
  giveComponent({ provider: { launch }, doctor: { questions: () => [], examine }, health: { judge } });
  // The test runner writes to the same place, and other things.
  let shown = "";
  const write = process.stdout.write.bind(process.stdout);
  const mocked = (/** @type {any} */ text) => (String(text).startsWith("unknown  ") ? (shown += text) !== "" : write(text));
  t.mock.method(process.stdout, "write", mocked);
  const code = await fallback(fakeHost(), "doctor", [], new NoHelper("there is none for plan9-mips", "Build one."));
  t.mock.restoreAll();
  assert.equal(code, 2);
  assert.deepEqual(given[0].platform, { tag: "err", val: "there is none for plan9-mips" });
  assert.equal(shown, "unknown  platform: there is none for plan9-mips\n  hint: Build one.\n");
});
