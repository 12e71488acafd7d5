// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { registerGuard } from "../guard.js";
import { fakeHost, forget, giveComponent } from "./fakes.js";

/** @returns {{ run: Function, tool: Function, lines: string[] }} */
function guarded() {
  const host = fakeHost();
  registerGuard(host);
  const { before_agent_run: run, before_tool_call: tool } = host.hooks;
  assert.ok(run && tool);
  return { run, tool, lines: host.lines };
}

beforeEach(forget);

test("the component's word is passed on in OpenClaw's form", () => {
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
  assert.deepEqual(tool({ toolName: "t", params: { model: "x" } }), {
    block: true,
    blockReason: '{"tool":"t","model":"x"}',
  });
});

test("everything is blocked, and the file named, when the component is not there", () => {
  // The sources have no packaged component and no checksums, as a damaged package.
  const { run, tool, lines } = guarded();
  const decision = run({}, { modelProviderId: "anthropic-claude-proxy" });
  assert.equal(decision.outcome, "block");
  assert.match(
    decision.message,
    /nothing was sent: .*checksums\.json of the plugin is missing; install the plugin again/,
  );
  assert.equal(tool({ toolName: "t", params: {} }).block, true);
  assert.match(lines[0] ?? "", /^error: a run or a tool call was stopped: .*checksums/);
});

test("only name, model and provider of a tool call decide, whatever else it carries", () => {
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
    assert.equal(tool({ toolName: "write", params: { path: "x", content } }), undefined);
  }
  assert.equal(tool({ toolName: "write" }), undefined);
  assert.equal(tool({ toolName: "write", params: { model: { of: "a car" }, provider: 3 } }), undefined);
  assert.equal(tool({ toolName: "write", params: { model: "m", provider: "p" } }), undefined);
  const nothing = { tool: "write", model: undefined, provider: undefined };
  assert.deepEqual(asked, [nothing, nothing, nothing, nothing, nothing, nothing, { tool: "write", model: "m", provider: "p" }]);
});
