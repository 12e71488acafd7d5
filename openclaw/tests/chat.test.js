// @ts-check
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { chatHooks } from "../chat.js";
import { processState } from "../state.js";
import { fakeHost, forget, giveComponent, temporaryFolder } from "./fakes.js";

/** @type {string} */
let folder;
/** @type {any[]} */
let asked;
/** @type {{ kind: string, line?: string, resets?: string, untilMs?: bigint }} */
let failure;
/** @type {any} */
let plan;

beforeEach(() => {
  forget();
  folder = temporaryFolder();
  asked = [];
  failure = { kind: "other" };
  plan = { model: "wire-id", headers: [["x-conversation", "name"]], toolResultsAsText: false };
  giveComponent({
    chat: {
      prepare: (/** @type {any[]} */ ...given) => {
        asked.push(given[2]);
        return plan;
      },
      readFailure: (/** @type {any[]} */ ...given) => {
        asked.push(given);
        return failure;
      },
      isLine: (/** @type {string} */ text) => text.startsWith("anthropic-claude-proxy: the "),
    },
  });
});

const host = () => fakeHost({ stateDir: () => folder, version: () => "2026.9.6" });

/**
 * Sends one request through a hook, to a stream that gives these events; gives what left and what OpenClaw reads.
 * @param {"wrapStreamFn" | "wrapSimpleCompletionStreamFn"} hook
 * @param {any[]} events
 * @param {{ messages?: any[], payload?: any, sessionId?: string }} [request]
 */
async function send(hook, events, request = {}) {
  /** @type {any} */
  const left = {};
  const streamFn = async (/** @type {any} */ model, /** @type {any} */ _context, /** @type {any} */ options) => {
    Object.assign(left, { model: model.id, headers: options.headers });
    left.payload = await options.onPayload(request.payload ?? { model: model.id, messages: [] }, model);
    const last = events.at(-1);
    return {
      result: async () => last.message ?? last.error,
      async *[Symbol.asyncIterator]() {
        yield* events;
      },
    };
  };
  const wrapped = /** @type {any} */ (chatHooks(host())[hook])({ streamFn, config: {} });
  const options = { sessionId: request.sessionId ?? `${Math.random()}`, headers: { traceparent: "t" } };
  const stream = await wrapped({ id: "claude-opus-4.6" }, { messages: request.messages ?? [] }, options);
  const read = [];
  for await (const event of stream) read.push(event);
  return { left, read, result: await stream.result() };
}

const done = [{ type: "start" }, { type: "done", message: { stopReason: "stop" } }];
const failed = (/** @type {string} */ text) => [{ type: "error", error: { stopReason: "error", errorMessage: text } }];

test("what goes on the wire is planned, what OpenClaw keeps is not", async () => {
  const { left, read } = await send("wrapStreamFn", done, { sessionId: "s" });
  assert.equal(left.model, "claude-opus-4.6", "OpenClaw's own model stays");
  assert.equal(left.payload.model, "wire-id");
  assert.deepEqual(left.headers, { traceparent: "t", "x-conversation": "name" });
  assert.match(asked[0].conversation, /^s:/);
  assert.equal(asked[0].model, "claude-opus-4.6");
  assert.equal(read.length, 2);
});

test("a completion outside a conversation gets no conversation header", async () => {
  await send("wrapSimpleCompletionStreamFn", done, { sessionId: "s" });
  assert.equal(asked[0].conversation, undefined);
});

test("a variant that thinks has thinking switched on, unless the request asks for it itself", async () => {
  plan.thinking = { tag: "adaptive" };
  const thinking = async (/** @type {any} */ given) =>
    (await send("wrapStreamFn", done, { payload: { model: "m", ...given } })).left.payload.thinking;
  assert.deepEqual(await thinking({}), { type: "adaptive" });
  assert.deepEqual(await thinking({ thinking: { type: "disabled" } }), { type: "adaptive" });
  assert.deepEqual(await thinking({ thinking: { type: "enabled", budget_tokens: 7 } }), {
    type: "enabled",
    budget_tokens: 7,
  });
  plan.thinking = { tag: "budget", val: 16_000 };
  assert.deepEqual(await thinking({ max_tokens: 8_000 }), { type: "enabled", budget_tokens: 7_999 });
});

test("results that a new segment began with are sent as text beside an image, and stay so", async () => {
  plan.toolResultsAsText = true;
  const context = [
    { role: "user", content: "one" },
    { role: "toolResult", toolCallId: "a", content: [{ type: "text", text: "r" }] },
  ];
  const call = (/** @type {string} */ id) => ({ type: "tool_use", id, name: "read", input: { path: "p" } });
  const result = (/** @type {string} */ id) => ({ type: "tool_result", tool_use_id: id, content: [{ type: "text", text: `r-${id}` }] });
  const image = { type: "image", source: {} };
  const messages = [
    { role: "user", content: [{ type: "text", text: "one" }, image] },
    { role: "assistant", content: [call("a")] },
    { role: "user", content: [result("a")] },
  ];
  const first = await send("wrapStreamFn", done, { messages: context, payload: { messages }, sessionId: "images" });
  const sent = first.left.payload.messages;
  assert.deepEqual(sent[1].content, [{ type: "text", text: '[called read with {"path":"p"}]' }]);
  assert.deepEqual(sent[2].content, [{ type: "text", text: "r-a" }]);
  const more = [...messages, { role: "assistant", content: [call("b")] }, { role: "user", content: [result("b")] }];
  const next = await send("wrapStreamFn", done, {
    messages: [...context, { role: "toolResult", toolCallId: "b", content: [] }],
    payload: { messages: more },
    sessionId: "images",
  });
  assert.deepEqual(next.left.payload.messages.slice(0, 3), sent);
  assert.deepEqual(next.left.payload.messages.slice(3), more.slice(3), "what was added since is as it is");
});

test("a failure is read, and the user reads what the component says", async () => {
  failure = { kind: "limit", line: "anthropic-claude-proxy: the limit is reached", resets: "3pm (UTC)", untilMs: 7n };
  const { read, result } = await send("wrapStreamFn", failed("You've hit your limit"));
  assert.equal(read[0].error.errorMessage, failure.line);
  assert.equal(result.errorMessage, failure.line);
  const { answer } = processState();
  assert.deepEqual([answer?.kind, answer?.untilMs, answer?.resets], ["limit", 7, "3pm (UTC)"]);
  const path = join(folder, "claude-proxy", "answer-3456.json");
  assert.equal(JSON.parse(readFileSync(path, "utf8")).kind, "limit");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(asked.filter(Array.isArray).length, 1, "read once, however often it is delivered");
});

test("what the component leaves to OpenClaw stays as it is", async () => {
  const { read } = await send("wrapStreamFn", failed("Prompt is too long"));
  assert.equal(read[0].error.errorMessage, "Prompt is too long");
  await send("wrapStreamFn", done);
  assert.equal(processState().answer?.kind, "answered");
});

test("a turn that the user stopped is not an answer", async () => {
  await send("wrapStreamFn", [{ type: "error", error: { stopReason: "aborted" } }]);
  assert.equal(processState().answer, undefined);
});

test("only lines of the component decide how OpenClaw goes on", () => {
  const { classifyFailoverReason } = /** @type {any} */ (chatHooks(host()));
  const reason = (/** @type {string} */ errorMessage) => classifyFailoverReason({ errorMessage });
  assert.equal(reason("anthropic-claude-proxy: the limit of your plan is reached"), "rate_limit");
  assert.equal(reason("anthropic-claude-proxy: nothing was sent: the proxy is down"), undefined);
  assert.equal(reason("something else"), undefined);
  giveComponent({});
  assert.equal(reason("anthropic-claude-proxy: the limit of your plan is reached"), undefined, "nobody says so");
});

test("an answer that broke off is noted at once, and reported where OpenClaw's own attempts did not help", async () => {
  failure = { kind: "broken-off", line: "anthropic-claude-proxy: the answer broke off" };
  const reported = async () => (await send("wrapStreamFn", failed("terminated"))).read[0].error.errorMessage;
  assert.deepEqual([await reported(), await reported()], ["terminated", "terminated"]);
  assert.equal(processState().answer?.line, failure.line);
  assert.equal(await reported(), failure.line);
  await send("wrapStreamFn", done);
  assert.equal(await reported(), "terminated", "a row ends with a good answer");
});
