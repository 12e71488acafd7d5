// @ts-check
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { registerGuard } from "../guard.js";
import { CLOSED, fakeHost, forget, giveComponent, temporaryFolder } from "./fakes.js";

/** @returns {{ run: Function, tool: Function, lines: string[] }} */
function guarded() {
  const host = fakeHost();
  registerGuard(host);
  const { before_agent_run: run, before_tool_call: tool } = host.hooks;
  assert.ok(run && tool);
  return { run, tool, lines: host.lines };
}

beforeEach(forget);

/** Stops a tool that is open, and each before the report is known. @type {Function} */
const guardTool = (/** @type {any} */ _, /** @type {any} */ { tool, openTools }) =>
  openTools?.includes(tool) === false ? { tag: "allow" } : { tag: "block", val: `no: ${tool}` };

test("the component's word is passed on in OpenClaw's form", async () => {
  /** @type {any[]} */
  const asked = [];
  giveComponent({
    runtime: {
      guard: (/** @type {any} */ _, /** @type {any} */ run) => {
        asked.push(run);
        return run.provider === "ours" ? { tag: "allow" } : { tag: "block", val: "no" };
      },
      guardTool: (/** @type {any} */ _, /** @type {any} */ call) => ({ tag: "block", val: JSON.stringify(call) }),
    },
  });
  const { run, tool } = guarded();
  assert.equal(run({}, { modelProviderId: "ours", modelId: "m", trigger: "cron", sessionKey: "s" }), undefined);
  assert.deepEqual(asked[0], { provider: "ours", model: "m", trigger: "cron", origin: "s" });
  assert.deepEqual(run({}, { modelProviderId: "other" }), { outcome: "block", reason: "no", message: "no" });
  assert.deepEqual(await tool({ toolName: "t", params: { model: "x" } }), {
    block: true,
    blockReason: '{"tool":"t","model":"x","openTools":[]}',
  });
});

test("everything is blocked, and the file named, when the component is not there", async () => {
  // The sources have no packaged component and no checksums, as a damaged package.
  const { run, tool, lines } = guarded();
  const decision = run({}, { modelProviderId: "anthropic-claude-proxy" });
  assert.equal(decision.outcome, "block");
  assert.match(
    decision.message,
    /nothing was sent: .*checksums\.json of the plugin is missing\. hint: Install the plugin again: `openclaw plugins install/,
  );
  assert.equal((await tool({ toolName: "t", params: {} })).block, true);
  assert.match(lines[0] ?? "", /^error: a run or a tool call was stopped: .*checksums/);
});

test("only name, model and provider of a tool call decide, whatever else it carries", async () => {
  /** @type {any[]} */
  const asked = [];
  giveComponent({ runtime: { guardTool: (/** @type {any} */ _, /** @type {any} */ call) => (asked.push(call), { tag: "allow" }) } });
  const { tool } = guarded();
  /** @type {any} */
  const circle = {};
  circle.self = circle;
  let deep = {};
  for (let level = 0; level < 1000; level++) deep = { deep };
  for (const content of ["\ud83d", circle, deep, 1n]) {
    assert.equal(await tool({ toolName: "write", params: { path: "x", content } }), undefined);
  }
  assert.equal(await tool({ toolName: "write" }), undefined);
  assert.equal(await tool({ toolName: "write", params: { model: { of: "a car" }, provider: 3 } }), undefined);
  assert.equal(await tool({ toolName: "write", params: { model: "m", provider: "p" } }), undefined);
  const nothing = { tool: "write", model: undefined, provider: undefined, openTools: undefined };
  assert.deepEqual(asked, [...Array(6).fill(nothing), { ...nothing, model: "m", provider: "p" }]);
});

test("a tool that chooses a service is allowed by the report on the configuration, which is audited once", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "openclaw.json"), "{}");
  let audits = 0;
  giveComponent({
    config: {
      audit: () => {
        audits += 1;
        return { tag: "report", val: { ...CLOSED, openTools: ["tts"] } };
      },
    },
    runtime: { guardTool },
  });
  const config = /** @type {any} */ ({});
  const host = fakeHost({ stateDir: () => folder, configPath: () => join(folder, "openclaw.json"), config: () => config });
  registerGuard(host);
  const tool = /** @type {Function} */ (host.hooks["before_tool_call"]);
  for (let time = 0; time < 3; time++) {
    assert.deepEqual(await tool({ toolName: "tts" }), { block: true, blockReason: "no: tts" });
    assert.equal(await tool({ toolName: "pdf" }), undefined);
  }
  assert.equal(audits, 1);
});

test("while a changed file is not in force, a tool must be allowed by both configurations", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "openclaw.json");
  giveComponent({
    config: {
      audit: (/** @type {any} */ { document }) => ({ tag: "report", val: { ...CLOSED, openTools: JSON.parse(document) } }),
    },
    runtime: { guardTool },
  });
  let config = /** @type {any} */ ({});
  const host = fakeHost({ stateDir: () => folder, configPath: () => path, config: () => config });
  registerGuard(host);
  const tool = /** @type {Function} */ (host.hooks["before_tool_call"]);
  const stopped = async () => {
    const names = ["tts", "pdf", "web_search"];
    const decisions = await Promise.all(names.map((toolName) => tool({ toolName })));
    return names.filter((_, n) => decisions[n] !== undefined);
  };
  writeFileSync(path, '["tts"]');
  assert.deepEqual(await stopped(), ["tts"]);
  // OpenClaw has not taken these up.
  writeFileSync(path, '["pdf" ]');
  assert.deepEqual(await stopped(), ["tts", "pdf"]);
  writeFileSync(path, "[        ]");
  assert.deepEqual(await stopped(), ["tts"]);
  // Now it has.
  config = {};
  assert.deepEqual(await stopped(), []);
});

test("without a report a tool that chooses a service is stopped", async () => {
  giveComponent({
    config: { audit: () => ({ tag: "needs", val: [] }) },
    runtime: { guardTool },
  });
  const { tool } = guarded();
  assert.deepEqual(await tool({ toolName: "pdf" }), { block: true, blockReason: "no: pdf" });
});
