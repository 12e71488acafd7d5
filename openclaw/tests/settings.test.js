// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ask } from "../component.js";
import { settingsOf } from "../settings.js";
import { processState } from "../state.js";
import { forget, giveComponent } from "./fakes.js";

beforeEach(forget);

test("the component makes its own form of settings once, and a fresh instance makes it anew", () => {
  /** @type {string[]} */
  const made = [];
  const give = () => {
    giveComponent({ settings: { read: () => ({ port: 4000 }) } });
    const { Settings } = /** @type {any} */ (processState().component?.exports.types);
    Settings.parse = (/** @type {string} */ json) => (made.push(json), { of: json });
  };
  give();
  const config = {};
  const settings = settingsOf(config);
  assert.equal(settings.port, 4000);
  assert.equal(settingsOf(config), settings, "a configuration is read once");
  const lent = () => ask((_, lend) => lend(settings));
  assert.equal(lent(), lent());
  assert.deepEqual(made, ['{"port":4000}']);
  assert.throws(() =>
    ask(() => {
      throw new Error("unreachable");
    }),
  );
  give();
  lent();
  assert.equal(made.length, 2, "what a broken instance made is not used again");
});
