// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { endSegment, segmentFor } from "../conversation.js";

/** @param {string} text @returns {unknown} */
const user = (text) => ({ role: "user", content: text, timestamp: Math.random() });
/** @param {string} text @returns {unknown} */
const assistant = (text) => ({ role: "assistant", content: [{ type: "text", text }], usage: { input: 1 } });
/** @param {string} id @param {string} text */
const result = (id, text) => ({ role: "toolResult", toolCallId: id, content: [{ type: "text", text }] });

test("a conversation that only grows keeps its id", () => {
  const messages = [user("one")];
  const first = segmentFor("grows", messages).name;
  assert.match(first, /^grows:/);
  messages.push(assistant("answer"), user("two"));
  assert.equal(segmentFor("grows", messages).name, first);
  // The same text in another form, and OpenClaw's own notes, are no change.
  messages[0] = /** @type {any} */ ({ role: "user", content: [{ type: "text", text: "one" }], idempotencyKey: "x" });
  messages.push(assistant("answer"), user("three"));
  assert.equal(segmentFor("grows", messages).name, first);
});

test("a changed, removed or repeated message starts a new conversation id", () => {
  const messages = [user("one"), assistant("a"), user("two")];
  for (const changed of [
    [user("another"), assistant("a"), user("two"), assistant("b"), user("three")],
    [user("summary"), user("three")],
    [user("one"), assistant("a"), user("two")],
    [user("one"), user("two"), assistant("a"), user("three")],
  ]) {
    const { name } = segmentFor("changes", messages);
    assert.notEqual(segmentFor("changes", changed).name, name, JSON.stringify(changed));
    endSegment("changes");
  }
});

test("a failed turn or another session starts a new conversation id", () => {
  const { name } = segmentFor("fails", [user("one")]);
  endSegment("fails");
  const again = segmentFor("fails", [user("one"), user("two")]).name;
  assert.notEqual(again, name);
  assert.notEqual(segmentFor("other", [user("one"), user("two")]).name, again);
});

test("what a segment began with is counted", () => {
  const messages = [user("one"), assistant("call"), result("a", "x"), assistant("call"), result("b", "y")];
  assert.equal(segmentFor("results", messages).results, 2);
  messages.push(assistant("call"), result("c", "z"));
  assert.equal(segmentFor("results", messages).results, 2, "what was added since is not");
});

test("the conversations that were idle longest are forgotten", () => {
  const { name } = segmentFor("oldest", [user("one")]);
  for (let n = 0; n < 500; n++) segmentFor(`s${n}`, [user("one")]);
  assert.notEqual(segmentFor("oldest", [user("one"), user("two")]).name, name);
});
