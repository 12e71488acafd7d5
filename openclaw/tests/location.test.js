// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { configPathOf, includeRootsOf } from "../location.js";

/** @type {Array<{ env: Record<string, string>, exists?: string[], state: string, config: string, roots?: string[] }>} */
const places = JSON.parse(readFileSync(new URL("places.json", import.meta.url), "utf8"));

test("the file is where OpenClaw and the helper find it", () => {
  for (const { env, exists = [], state, config, roots = [] } of places) {
    const world = { homedir: () => "/system", cwd: () => "/w", exists: (/** @type {string} */ path) => exists.includes(path) };
    const found = { config: configPathOf(env, state, world), roots: includeRootsOf(env, world) };
    assert.deepEqual(found, { config, roots }, JSON.stringify(env));
  }
});
