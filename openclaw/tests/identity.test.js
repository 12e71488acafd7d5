// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { IDENTITY } from "../identity.js";
import plugin from "../index.js";

const manifest = JSON.parse(readFileSync(new URL("../../plugin-manifest.json", import.meta.url), "utf8"));

test("identity.js is what the manifest says", () => {
  assert.deepEqual(IDENTITY, manifest.identity);
});

test("the entry has the shape that OpenClaw asks for", () => {
  assert.equal(plugin.id, manifest.identity.id);
  assert.equal(plugin.name, manifest.identity.name);
});

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
