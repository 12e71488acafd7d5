// @ts-check
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { beforeEach, test } from "node:test";

import { update } from "../state.js";
import { usageHooks } from "../usage.js";
import { fakeHost, forget, giveComponent, listening } from "./fakes.js";

/** @param {object | undefined} usage What the component reads. */
function give(usage) {
  giveComponent({
    quota: {
      quotaProbe: () => ({ id: "quota", path: "/v1/usage/quota", headers: [], withKey: true, timeoutMs: 2000, maxBody: 4096 }),
      readQuota: (/** @type {any} */ seen) => (seen[0].outcome.val.body === "known" ? usage : undefined),
    },
  });
}

const context = /** @type {any} */ ({ config: {}, provider: "anthropic-claude-proxy" });
/** @returns {any} */
const hooks = () => usageHooks(fakeHost());

beforeEach(forget);

test("without a verified proxy nothing is asked, and no other credential is looked for", async () => {
  give(undefined);
  for (const status of [undefined, { state: "blocked", baseUrl: "http://127.0.0.1:1" }, { state: "ready", baseUrl: null }]) {
    update({ served: true, status: /** @type {any} */ (status) });
    assert.deepEqual(await hooks().resolveUsageAuth(context), { handled: true });
    assert.deepEqual((await hooks().fetchUsageSnapshot(context)).windows, []);
  }
});

test("the quota that the proxy reports is shown, and unknown parts are left out", async () => {
  const server = createServer((_request, response) => response.end("known"));
  const baseUrl = await listening(server);
  try {
    update({ served: true, status: { state: "ready", baseUrl, keyFile: null } });
    give({
      line: "",
      windows: [
        { label: "5h", usedPercent: 42, resetsAtMs: 1795788000000n },
        { label: "Week", usedPercent: 5, resetsAtMs: undefined },
        { label: "Week opus", usedPercent: undefined, resetsAtMs: undefined },
      ],
    });
    assert.deepEqual(await hooks().resolveUsageAuth(context), { token: "placeholder" });
    assert.deepEqual((await hooks().fetchUsageSnapshot(context)).windows, [
      { label: "5h", usedPercent: 42, resetAt: 1795788000000 },
      { label: "Week", usedPercent: 5 },
    ]);
    give(undefined);
    assert.deepEqual((await hooks().fetchUsageSnapshot(context)).windows, []);
  } finally {
    server.close();
  }
});
