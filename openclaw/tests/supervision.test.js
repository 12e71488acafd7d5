// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { processState } from "../state.js";
import { endHelper, expireIn, releaseHelper, isReleased, supervise } from "../supervision.js";
import { forget, programs, until } from "./fakes.js";

const plan = /** @type {any} */ ({ port: 1, inherit: ["PATH", "NOT_SET_ANYWHERE"] });
const ready = { state: "ready", baseUrl: "http://127.0.0.1:1" };
const wanted = () => true;

/** @returns {import("../supervision.js").Watcher & { seen: string[] }} */
function watcher() {
  /** @type {string[]} */
  const seen = [];
  return { seen, onStatus: (status) => seen.push(status.state), onEnd: (code, why) => seen.push(`end ${code} ${why}`) };
}

beforeEach(forget);

test("the helper gets the parent, the places and the allowed variables, and nothing else", async () => {
  const { runs, host } = programs();
  assert.equal(await supervise(host, plan, watcher(), wanted), "started");
  const [run] = runs;
  assert.deepEqual(run?.argv, [
    "/nowhere/helper",
    "supervise",
    "--parent",
    String(process.pid),
    "--config",
    "/nowhere/openclaw.json",
    "--state-dir",
    "/nowhere/claude-proxy",
  ]);
  assert.deepEqual(run?.options.env, { PATH: process.env.PATH });
  assert.deepEqual(run?.options.baseEnv, {});
});

test("the helper's events become the status", async () => {
  const { runs, host } = programs();
  const seen = watcher();
  await supervise(host, plan, seen, wanted);
  runs[0]?.options.onOutputChunk(Buffer.from(`${JSON.stringify({ event: "state", status: ready })}\n`), "stdout");
  assert.deepEqual(processState().status, ready);
  assert.deepEqual(seen.seen, ["ready"]);
});

test("a successor with the same plan takes the helper over, and its events", async () => {
  const { runs, host } = programs();
  await supervise(host, plan, watcher(), wanted);
  releaseHelper();
  assert.ok(isReleased());
  const successor = watcher();
  assert.equal(await supervise(host, { ...plan }, successor, wanted), "taken over");
  assert.ok(!isReleased());
  assert.equal(runs.length, 1);
  runs[0]?.options.onOutputChunk(`${JSON.stringify({ event: "state", status: ready })}\n`, "stdout");
  assert.deepEqual(successor.seen, ["ready"]);
});

test("a changed plan ends the old helper before it starts the new one", async () => {
  const { runs, host } = programs();
  await supervise(host, plan, watcher(), wanted);
  releaseHelper();
  assert.equal(await supervise(host, { ...plan, port: 2 }, watcher(), wanted), "started");
  assert.ok(runs[0]?.options.signal.aborted);
  assert.equal(runs.length, 2);
});

test("a service that was stopped meanwhile starts nothing", async () => {
  const { runs, host } = programs();
  await supervise(host, plan, watcher(), wanted);
  assert.equal(await supervise(host, { ...plan, port: 2 }, watcher(), () => false), "no longer wanted");
  assert.equal(runs.length, 1);
});

test("a released helper is stopped when no successor takes it over", async () => {
  const { runs, host } = programs();
  const seen = watcher();
  await supervise(host, plan, seen, wanted);
  releaseHelper();
  expireIn(1);
  await until(() => runs[0]?.options.signal.aborted, "the end of the lease");
  await until(() => processState().lease === undefined, "the end of the helper");
  assert.deepEqual(seen.seen, [], "an end that was asked for is no accident");
});

test("an end that nobody asked for is reported, with its last output", async () => {
  const { runs, host } = programs();
  const seen = watcher();
  await supervise(host, plan, seen, wanted);
  runs[0]?.options.onOutputChunk(Buffer.from("first\nlast words\n"), "stderr");
  runs[0]?.end({ code: 78 });
  await until(() => seen.seen.length > 0, "the end");
  assert.deepEqual(seen.seen, ["end 78 exit code 78: first last words"]);
});

test("a helper that does not end is not waited for longer than OpenClaw allows", async () => {
  const { host } = programs();
  const deaf = () => new Promise(() => {});
  await supervise({ ...host, runner: () => /** @type {any} */ (deaf) }, plan, watcher(), wanted);
  // A Gateway has more to wait for: the limit alone keeps no process going.
  const gateway = setInterval(() => {}, 1_000);
  const since = performance.now();
  await endHelper();
  clearInterval(gateway);
  assert.ok(performance.now() - since < 4_000);
});
