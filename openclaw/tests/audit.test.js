// @ts-check
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { statusObject, verdictLine } from "../audit.js";
import { auditFile } from "../document.js";
import { update } from "../state.js";
import { fakeHost, forget, giveComponent } from "./fakes.js";

const folder = mkdtempSync(join(tmpdir(), "audit-"));
const configPath = join(folder, "openclaw.json");
const closed = { closed: true, decided: true, routes: [], findings: [], notExamined: [] };

beforeEach(forget);

test("the component's questions are answered from files, environment and backups", async () => {
  writeFileSync(configPath, "{}");
  writeFileSync(join(folder, "included.json5"), "included");
  for (const name of [
    "openclaw.json.bak",
    "openclaw.json.bak.2",
    "openclaw.json.last-good",
    "openclaw.json.bak.x",
    "other.bak",
  ]) {
    writeFileSync(join(folder, name), name);
  }
  const questions = [
    { tag: "file", val: "./included.json5" },
    { tag: "file", val: "gone.json" },
    { tag: "variable", val: "PATH" },
    { tag: "variable", val: "NOT_SET_ANYWHERE" },
  ];
  const audit = (/** @type {any} */ input) =>
    input.files.length === 0 ? { tag: "needs", val: questions } : { tag: "report", val: closed };
  giveComponent({ config: { audit } });
  const { input } = await auditFile(configPath);
  assert.equal(input.document, "{}");
  assert.deepEqual(input.files, [
    { path: "./included.json5", text: "included" },
    { path: "gone.json", text: undefined },
  ]);
  assert.deepEqual(input.variables, [
    { name: "PATH", value: process.env.PATH },
    { name: "NOT_SET_ANYWHERE", value: undefined },
  ]);
  assert.deepEqual(
    input.backups.map(({ text }) => text),
    ["openclaw.json.bak", "openclaw.json.bak.2", "openclaw.json.last-good"],
  );
});

test("a component that asks without end is an error, not a loop", async () => {
  giveComponent({ config: { audit: () => ({ tag: "needs", val: [{ tag: "variable", val: "PATH" }] }) } });
  await assert.rejects(auditFile(configPath), /asks for more and more/);
});

test("an open configuration is said with its first places, and how many more", () => {
  const findings = ["a", "b", "c", "d"].map((path) => ({
    severity: /** @type {const} */ ("leak"),
    code: "x",
    path,
    leadsTo: "y/z",
    message: "",
    fix: "",
  }));
  const line = verdictLine({ ...closed, closed: false, findings });
  assert.match(line, /is OPEN: a -> y\/z, b -> y\/z, c -> y\/z and 1 more; close it/);
  assert.match(verdictLine({ ...closed, closed: false, decided: false }), /NOT DECIDED/);
  assert.match(verdictLine(closed), /is closed/);
});

test("status tells the values in use, and that the file says otherwise", async () => {
  writeFileSync(configPath, '{"port":2}');
  giveComponent({
    config: { audit: () => ({ tag: "report", val: closed }) },
    provider: {
      settingsFromConfig: (/** @type {string} */ document) => ({
        host: "127.0.0.1",
        port: JSON.parse(document).port ?? 1,
        guard: "on",
      }),
    },
    runtime: { nextStep: () => undefined },
  });
  update({ status: { state: "ready", sinceMs: 5, listen: { host: "127.0.0.1", port: 1 } } });
  const status = await statusObject(fakeHost({ configPath: () => configPath }));
  assert.equal(status.listen.port, 1);
  assert.equal(status.fileInForce, false);
  assert.match(status.next ?? "", /plugins reload/);
  assert.ok(status.sinceMs !== null && status.sinceMs >= 5);
  assert.deepEqual(status.guard, { mode: "on", permitted: false, failure: null, stopped: null });
});

test("unknown parts of the status are null, never left out", async () => {
  giveComponent({
    config: { audit: () => ({ tag: "report", val: closed }) },
    provider: { settingsFromConfig: () => ({ host: "h", port: 1, guard: "on" }) },
    runtime: { nextStep: () => undefined },
  });
  const status = await statusObject(fakeHost({ configPath: () => configPath }));
  for (const [name, value] of Object.entries(status)) assert.notEqual(value, undefined, name);
  assert.equal(status.state, "stopped");
});
