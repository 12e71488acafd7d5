// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { registerProxyService } from "../service.js";
import { NoHelper } from "../platform.js";
import { processState } from "../state.js";
import { CLOSED, forget, giveComponent, programs, until } from "./fakes.js";

const PLAN = { baseUrl: "http://127.0.0.1:1", local: true, autoStart: true, inherit: [], strippedVariables: [] };
const granted = { plugins: { entries: { "anthropic-claude-proxy": { hooks: { allowConversationAccess: true } } } } };

/**
 * A service in a host that starts programs.
 * @param {{ config?: object, plan?: object, closed?: boolean, launch?: () => object }} [parts]
 */
function serviced(parts = {}) {
  giveComponent({
    provider: { launch: parts.launch ?? (() => ({ ...PLAN, ...parts.plan })) },
    config: {
      audit: () => ({ tag: "report", val: parts.closed === false ? { ...CLOSED, closed: false, summary: "1 leak" } : CLOSED }),
      guardOff: (/** @type {string} */ document) => (document.includes("allowConversationAccess") ? undefined : "the guard is OFF"),
    },
  });
  const { runs, host } = programs();
  /** @type {any} */
  let service;
  Object.assign(host.api, {
    registerService: (/** @type {any} */ registered) => (service = registered),
    lifecycle: { onDispose: () => {} },
  });
  registerProxyService(host);
  /** @type {string[]} */
  const failures = [];
  let failing = false;
  const serviceHealth = {
    reportFailure: (/** @type {Error} */ error) => void (failures.push(error.message), (failing = true)),
    clearFailure: () => void (failing = false),
  };
  const context = { config: parts.config ?? granted, serviceHealth };
  const emit = (/** @type {object} */ status) =>
    runs.at(-1)?.options.onOutputChunk(`${JSON.stringify({ event: "state", status })}\n`, "stdout");
  const started = async () => {
    await service.start(context);
    await until(() => runs.length === 1, "the helper");
  };
  return { host, service, context, runs, emit, failures, isFailing: () => failing, started };
}

beforeEach(forget);

test("start logs `starting proxy...` and returns at once", async () => {
  const { host, service, context, runs } = serviced();
  await service.start(context);
  assert.equal(runs.length, 0);
  await until(() => runs.length === 1, "the helper");
  await until(() => host.lines.includes("info: starting proxy..."), "the line");
});

test("autoStart off is logged, and the helper only watches", async () => {
  const { host, started } = serviced({ plan: { autoStart: false } });
  await started();
  await until(() => host.lines.some((line) => line.includes("autoStart is off")), "the line");
  assert.ok(!host.lines.includes("info: starting proxy..."));
});

test("a missing permission, an open configuration and a dead proxy are failures of the service", async () => {
  const { emit, failures, isFailing, started } = serviced({ config: {}, closed: false });
  await started();
  await until(() => failures.length >= 2, "two failures");
  emit({ state: "blocked", detail: "held by 7" });
  const last = failures.at(-1) ?? "";
  assert.match(last, /guard is OFF/);
  assert.match(last, /configuration is open: 1 leak/);
  assert.match(last, /proxy is blocked. held by 7/);
  emit({ state: "ready" });
  assert.doesNotMatch(failures.at(-1) ?? "", /blocked/);
  assert.ok(isFailing());
});

test("start and stop never reject, whatever breaks", async () => {
  const { host, service, context, failures } = serviced({
    launch: () => {
      throw new Error("broken");
    },
  });
  await service.start(context);
  await until(() => failures.length > 0, "the failure");
  assert.match(failures[0] ?? "", /cannot decide anything: broken/);
  assert.equal(processState().status?.state, "failed");
  await service.stop(context);
  assert.ok(host.lines.some((line) => line.startsWith("error")));
});

test("a missing helper is logged in one line, and everything else works", async () => {
  const { host, service, context, failures, runs } = serviced({ closed: false });
  host.helper = () => {
    throw new NoHelper("this package has no claude-proxy for plan9-mips", "Build one.");
  };
  await service.start(context);
  await until(() => failures.some((text) => text.includes("is open")), "the report on the configuration");
  await until(() => failures.some((text) => text.includes("plan9-mips")), "the missing helper");
  assert.equal(host.lines.filter((line) => line.includes("plan9-mips")).length, 1);
  assert.equal(runs.length, 0);
  // The status shows both apart.
  const { state, detail, next } = processState().status ?? {};
  assert.deepEqual([state, detail, next], ["failed", "this package has no claude-proxy for plan9-mips", "Build one."]);
  await service.stop(context);
});

test("a reload hands the helper over; a shutdown ends it", async () => {
  const { host, service, context, runs, started } = serviced();
  await started();
  await service.stop(context);
  assert.ok(processState().reloading);
  await service.start(context);
  await until(() => host.lines.some((line) => line.includes("still supervising")), "the hand-over");
  assert.equal(runs.length, 1);
  assert.ok(!runs[0]?.options.signal.aborted);
  host.hooks["gateway_stop"]?.({ reason: "gateway stopping" });
  await service.stop(context);
  assert.ok(runs[0]?.options.signal.aborted);
});

test("a helper that ends is started again after a delay, but not after exit code 78", async () => {
  const { runs, started } = serviced();
  await started();
  runs[0]?.end({ code: 1 });
  await until(() => processState().status?.state === "backoff", "the pause");
  await until(() => runs.length === 2, "the second start");
  runs[1]?.end({ code: 78 });
  await until(() => processState().status?.state === "failed", "the end");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runs.length, 2);
});

test("a service that is stopped before it began starts nothing", async () => {
  const { service, context, runs } = serviced();
  await service.start(context);
  await service.stop(context);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runs.length, 0);
});

test("in a host that restarts no service, another configuration is followed all the same", async () => {
  let port = 1;
  const { host, service, runs, started } = serviced({ launch: () => ({ ...PLAN, port }) });
  /** @type {object} */
  let config = { ...granted };
  host.config = () => /** @type {any} */ (config);
  await started();
  config = { ...granted, messages: {} };
  await until(() => host.lines.filter((line) => line.includes("configuration is closed")).length === 2, "a new report");
  assert.equal(runs.length, 1, "the same plan needs no other helper");
  port = 2;
  config = { ...granted };
  await until(() => runs.length === 2, "a helper for the new plan");
  assert.ok(runs[0]?.options.signal.aborted);
  await service.stop();
});

test("a login that ends soon is in the log and in the health, and forgotten when it is renewed", async () => {
  const { host, service, emit, failures, isFailing, started } = serviced();
  await started();
  const ready = { state: "ready", login: "claimed", baseUrl: null };
  const detail = "Its Claude login ends in 3 days";
  emit({ ...ready, detail, next: "Run `claude auth login`.", verdict: { code: "renewal-soon" } });
  await until(isFailing, "the warning");
  const line = "proxy is ready. Its Claude login ends in 3 days. Run `claude auth login`.";
  assert.equal(failures.at(-1), line);
  assert.ok(host.lines.includes(`error: ${line}`), host.lines.join("\n"));
  emit({ ...ready, detail: "The proxy answers.", verdict: { code: "ready" } });
  await until(() => !isFailing(), "the end of the warning");
  await service.stop();
});
