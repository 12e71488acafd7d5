// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { brokenAnswersUntilReported, watchConfig, resetHost, runnerOf } from "../compat.js";

beforeEach(resetHost);

/** A host of 2026.7: 1 ms where no limit is given, and lines only. */
function oldHost() {
  /** @type {any[]} */
  const runs = [];
  const run = async (/** @type {string[]} */ argv, /** @type {any} */ options) => {
    runs.push(options);
    if (options.timeoutMs === undefined) return { code: 124, signal: "SIGKILL", termination: "timeout", stdout: "" };
    for (const line of ["one", "two"]) assert.ok(!options.preserveOutputLine?.(line, "stdout"));
    return { code: 0, signal: null, termination: "exit", stdout: "one\ntwo\n" };
  };
  return { runs, run: runnerOf(/** @type {any} */ (run)) };
}

/** A host of today, which has both ways to look at the output. */
function newHost() {
  /** @type {any[]} */
  const runs = [];
  const run = async (/** @type {string[]} */ argv, /** @type {any} */ options) => {
    runs.push(options);
    for (const line of ["one", "two"]) {
      options.onOutputChunk?.(Buffer.from(`${line}\n`), "stdout");
      options.preserveOutputLine?.(line, "stdout");
    }
    return { code: 0, signal: null, termination: "exit", stdout: "" };
  };
  return { runs, run: runnerOf(/** @type {any} */ (run)) };
}

test("without a time limit a command may run on, and its output is delivered once", async () => {
  for (const host of [oldHost, newHost]) {
    resetHost();
    const { run } = host();
    for (let n = 0; n < 2; n++) {
      let text = "";
      const result = await run(["x"], { onOutputChunk: (chunk) => void (text += chunk.toString("utf8")) });
      assert.equal(result.code, 0, host.name);
      assert.equal(text, "one\ntwo\n", host.name);
    }
  }
});

test("a capability that was found missing is not tried again", async () => {
  const old = oldHost();
  await old.run(["x"], {});
  await old.run(["x"], {});
  assert.deepEqual(
    old.runs.map(({ timeoutMs }) => timeoutMs),
    [undefined, 2_147_000_000, 2_147_000_000],
  );
  resetHost();
  const today = newHost();
  const onOutputChunk = () => {};
  await today.run(["x"], { onOutputChunk });
  await today.run(["x"], { onOutputChunk });
  assert.deepEqual(today.runs[1], { onOutputChunk });
});

test("a time limit is passed on to OpenClaw", async () => {
  const { run, runs } = oldHost();
  await run(["x"], { timeoutMs: 5 });
  assert.deepEqual(
    runs.map(({ timeoutMs }) => timeoutMs),
    [5],
  );
});

test("a program that was aborted is not started again", async () => {
  const abort = new AbortController();
  let runs = 0;
  const run = runnerOf(
    /** @type {any} */ (
      async () => {
        runs += 1;
        abort.abort();
        return { code: null, termination: "timeout" };
      }
    ),
  );
  await run(["x"], { signal: abort.signal });
  assert.equal(runs, 1);
});

test("another configuration in force is reported once, until the watch ends", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  /** @type {object} */
  let config = { port: 1 };
  let changes = 0;
  const end = watchConfig(
    () => config,
    () => void changes++,
  );
  t.mock.timers.tick(3_000);
  config = { port: 1 };
  t.mock.timers.tick(3_000);
  assert.equal(changes, 0);
  config = { port: 2 };
  t.mock.timers.tick(3_000);
  assert.equal(changes, 1);
  end();
  config = { port: 3 };
  t.mock.timers.tick(3_000);
  assert.equal(changes, 1);
});

test("an answer that broke off is reported at once where OpenClaw does not ask again", () => {
  assert.deepEqual(["2026.7.1", "2026.8.2", "2026.9.0", undefined, "no version"].map(brokenAnswersUntilReported), [1, 1, 1, 1, 1]);
  assert.deepEqual(["2026.9.1", "2026.9.6", "2026.10.0", "2027.1.1"].map(brokenAnswersUntilReported), [3, 3, 3, 3]);
});
