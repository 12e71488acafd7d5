// @ts-check
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { refreshLogin } from "../programs.js";
import { openGate } from "../gate.js";
import { processState, update } from "../state.js";
import { fakeHost, forget, giveComponent, temporaryFolder } from "./fakes.js";

/** @import { ProgramOutput, Snapshot } from "../types/component.d.ts" */

const KEY = "0123456789abcdef";
const folder = temporaryFolder();
const keyFile = join(folder, "key");
writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });

/** Opens when ready, waits while starting, refuses else; like the real one, but for its texts. */
const gate = (/** @type {unknown} */ _settings, /** @type {Snapshot} */ now) => {
  if (now.state === "ready") return { tag: "open", val: now.baseUrl };
  if (now.state === "starting" || now.reloading) return { tag: "wait", val: 10_000 };
  return { tag: "refuse", val: `${now.state}\n(${now.detail})` };
};

beforeEach(() => {
  forget();
  giveComponent({ runtime: { gate } });
  update({ served: true });
});

test("a ready proxy gets the key and the verified address", async () => {
  update({ status: { state: "ready", baseUrl: "http://127.0.0.1:1", keyFile } });
  assert.deepEqual(await openGate(fakeHost(), {}), { apiKey: KEY, baseUrl: "http://127.0.0.1:1" });
});

test("where the proxy does not say, the CLI's word on the login goes along, and is asked for again", async () => {
  /** @type {Array<[string, string | undefined]>} */
  const logins = [];
  /** @type {Array<ProgramOutput | undefined>} */
  const heard = [];
  const verdicts = ["none", "claimed"];
  const output = { code: 1, stdout: '{"loggedIn":false}', stderr: "" };
  const launch = () => ({ inherit: ["HOME"] });
  giveComponent({
    runtime: {
      gate: (/** @type {unknown} */ _settings, /** @type {Snapshot} */ now) => {
        logins.push([now.login, now.cliLogin]);
        return { tag: "open", val: now.baseUrl };
      },
    },
    provider: { launch },
    auth: { judgeLogin: (/** @type {typeof heard[0]} */ status) => (heard.push(status), verdicts.shift()) },
  });
  const host = fakeHost({ runner: () => /** @type {any} */ (() => Promise.resolve(output)) });
  const ready = { state: /** @type {const} */ ("ready"), baseUrl: "http://127.0.0.1:1", keyFile };
  update({ status: { ...ready, login: "unknown" } });
  await refreshLogin(host, 0);
  await openGate(host, {});
  update({ status: { ...ready, login: "claimed" } });
  await openGate(host, {});
  output.stdout = '{"loggedIn":true}';
  update({ status: { ...ready, login: "unknown" }, cliLoginAt: -Infinity });
  await openGate(host, {});
  assert.deepEqual(logins, [
    ["unknown", "none"],
    ["claimed", "none"],
    ["unknown", "claimed"],
  ]);
  const statusOf = (/** @type {boolean} */ loggedIn) => ({ code: 1, output: JSON.stringify({ loggedIn }), errors: "" });
  assert.deepEqual(heard, [statusOf(false), statusOf(true)]);
});

test("with the access key off the placeholder is used", async () => {
  update({ status: { state: "ready", baseUrl: "http://127.0.0.1:1", keyFile: null } });
  assert.equal((await openGate(fakeHost(), {})).apiKey, "placeholder");
});

test("a refusal is reported in one line", async () => {
  update({ status: { state: "failed", detail: "gave up" } });
  await assert.rejects(openGate(fakeHost(), {}), {
    message: "anthropic-claude-proxy: nothing was sent: failed (gave up)",
  });
});

test("a turn goes on as soon as the proxy is ready, not when the wait is over", async () => {
  update({ status: { state: "starting" } });
  const opened = openGate(fakeHost(), {});
  setImmediate(() => update({ status: { state: "ready", baseUrl: "http://127.0.0.1:1", keyFile } }));
  const since = performance.now();
  assert.equal((await opened).apiKey, KEY);
  assert.ok(performance.now() - since < 5_000);
});

test("a key that cannot be read is named by its path only", async () => {
  update({ status: { state: "ready", baseUrl: "http://127.0.0.1:1", keyFile: join(folder, "gone") } });
  await assert.rejects(
    openGate(fakeHost(), {}),
    /nothing was sent: the proxy's key cannot be used: .*gone cannot be read \(ENOENT\)/,
  );
});

test("a broken component refuses", async () => {
  update({ status: { state: "ready", baseUrl: "http://127.0.0.1:1", keyFile } });
  giveComponent({
    runtime: {
      gate: () => {
        throw new Error("unreachable");
      },
    },
  });
  await assert.rejects(openGate(fakeHost(), {}), /the plugin cannot decide anything: unreachable/);
  assert.equal(processState().component, undefined, "a trapped instance is not used again");
});

test("another process asks the helper, and refuses when there is none", async () => {
  update({ served: false });
  await assert.rejects(openGate(fakeHost(), {}), /nothing was sent: undefined/);
  /** @type {string[][]} */
  const asked = [];
  const answer = { code: 0, stdout: JSON.stringify({ state: "ready", baseUrl: "http://127.0.0.1:1", keyFile }) };
  const runner = async (/** @type {string[]} */ argv) => (asked.push(argv), answer);
  const host = fakeHost({ runner: () => /** @type {any} */ (runner) });
  assert.equal((await openGate(host, {})).apiKey, KEY);
  assert.deepEqual(asked[0]?.slice(0, 6), ["/nowhere/helper", "status", "--json", "--no-quota", "--port", "3456"]);
});

test("another process asks again while it waits", async () => {
  update({ served: false });
  const states = ["starting", "starting", "ready"];
  const runner = async () => {
    const state = states.length > 1 ? states.shift() : states[0];
    return { code: 0, stdout: JSON.stringify({ state, baseUrl: "http://127.0.0.1:1", keyFile }) };
  };
  giveComponent({
    runtime: {
      gate: (/** @type {unknown} */ settings, /** @type {Snapshot} */ now) => {
        const decision = gate(settings, now);
        return decision.tag === "wait" ? { ...decision, val: 1 } : decision;
      },
    },
  });
  const since = performance.now();
  assert.equal((await openGate(fakeHost({ runner: () => /** @type {any} */ (runner) }), {})).apiKey, KEY);
  assert.ok(performance.now() - since < 5_000);
});

test("a turn that comes before the service has started waits for it", async (t) => {
  const { title } = process;
  t.after(() => void (process.title = title));
  process.title = "openclaw-gateway";
  update({ served: false });
  const opened = openGate(fakeHost(), {});
  setImmediate(() => update({ served: true, status: { state: "ready", baseUrl: "http://127.0.0.1:1", keyFile } }));
  assert.equal((await opened).apiKey, KEY);
});
