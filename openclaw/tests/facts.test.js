// @ts-check
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { beforeEach, test } from "node:test";

import { judgeListener } from "../facts.js";
import { forget, giveComponent, listening } from "./fakes.js";

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
