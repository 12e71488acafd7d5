// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { jsonLines } from "../json-lines.js";

/** @param {Array<string | Buffer>} chunks */
function parsed(chunks) {
  /** @type {unknown[]} */
  const values = [];
  const feed = jsonLines((value) => values.push(value));
  for (const chunk of chunks) feed(chunk);
  return values;
}

test("lines are found wherever the chunks are cut", () => {
  const bytes = Buffer.from('{"a":"ä€"}\n\nnot json\n{"b":2}\n{"c":');
  for (let cut = 0; cut < bytes.length; cut++) {
    assert.deepEqual(parsed([bytes.subarray(0, cut), bytes.subarray(cut)]), [{ a: "ä€" }, { b: 2 }]);
  }
});

test("an endless line is dropped, and the next one is read", () => {
  assert.deepEqual(parsed(["x".repeat(300_000), "y".repeat(300_000), 'z\n{"a":1}\n']), [{ a: 1 }]);
});
