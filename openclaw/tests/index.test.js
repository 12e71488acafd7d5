// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import plugin from "../index.js";

test("register never throws, whatever the host lacks", () => {
  /** @type {string[]} */
  const lines = [];
  const logger = { info: () => {}, warn: () => {}, error: (/** @type {string} */ line) => lines.push(line) };
  assert.equal(plugin.register(/** @type {any} */ ({ logger })), undefined);
  assert.equal(lines.length, 5, "each part says that it is missing");
});

test("register touches nothing but registrations", () => {
  const touched = new Set();
  const api = new Proxy(
    { rootDir: "/nowhere", lifecycle: undefined },
    {
      get(target, name) {
        if (name in target) return Reflect.get(target, name);
        touched.add(name);
        return () => {};
      },
    },
  );
  plugin.register(/** @type {any} */ (api));
  assert.deepEqual([...touched].sort(), [
    "on",
    "registerCli",
    "registerGatewayMethod",
    "registerProvider",
    "registerSecurityAuditCollector",
    "registerService",
  ]);
});
