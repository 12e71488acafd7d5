// @ts-check
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { logReport, registerAudit } from "../audit.js";
import { statusObject } from "../status.js";
import { auditFile } from "../document.js";
import { createHost } from "../host.js";
import { update } from "../state.js";
import { CLOSED as closed, fakeHost, forget, giveComponent, temporaryFolder } from "./fakes.js";

const folder = temporaryFolder();
const configPath = join(folder, "openclaw.json");

beforeEach(forget);

test("the component's questions are answered from files, environment and backups", async () => {
  writeFileSync(configPath, "{}");
  writeFileSync(join(folder, "included.json5"), "included");
  writeFileSync(join(folder, "..", "outside.json5"), "outside");
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
    { tag: "file", val: "../outside.json5" },
    { tag: "variable", val: "PATH" },
    { tag: "variable", val: "NOT_SET_ANYWHERE" },
  ];
  const audit = (/** @type {any} */ input) =>
    input.files.length === 0 ? { tag: "needs", val: questions } : { tag: "report", val: closed };
  giveComponent({ config: { audit } });
  const { input } = await auditFile(fakeHost(), configPath);
  assert.equal(input.document, "{}");
  assert.deepEqual(input.files, [
    { path: "./included.json5", text: "included" },
    { path: "gone.json", text: undefined },
    // Not by the rule of OpenClaw.
    { path: "../outside.json5", text: undefined },
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
  await assert.rejects(auditFile(fakeHost(), configPath), /asks for more and more/);
});

test("the status has the values in use, and that the file has others", async () => {
  writeFileSync(configPath, '{"port":2}');
  const read = (/** @type {string} */ document) => ({ host: "127.0.0.1", port: JSON.parse(document).port ?? 1, guard: "on" });
  giveComponent({ settings: { read } });
  update({ status: { state: "ready", sinceMs: 5, listen: { host: "127.0.0.1", port: 1 } } });
  const status = await statusObject(fakeHost({ configPath: () => configPath }));
  assert.equal(status.listen.port, 1);
  assert.equal(status.fileInForce, false);
  assert.match(status.next ?? "", /plugins reload/);
  assert.ok(status.sinceMs !== null && status.sinceMs >= 5);
  assert.deepEqual(status.guard, { mode: "on", permitted: true, failure: null, stopped: null });
});

test("unknown parts of the status are null, never left out", async () => {
  giveComponent({});
  const status = await statusObject(fakeHost({ configPath: () => configPath }));
  for (const [name, value] of Object.entries(status)) assert.notEqual(value, undefined, name);
  assert.equal(status.state, "stopped");
});

test("a status costs no audit while nothing has changed", async () => {
  writeFileSync(configPath, "{}");
  writeFileSync(join(folder, "included.json5"), "1");
  let audits = 0;
  let config = {};
  const audit = (/** @type {any} */ input) => {
    if (input.files.length === 0) return { tag: "needs", val: [{ tag: "file", val: "./included.json5" }] };
    audits += 1;
    return { tag: "report", val: closed };
  };
  giveComponent({ config: { audit } });
  /** @type {Record<string, Function>} */
  const methods = {};
  const host = fakeHost({ configPath: () => configPath, config: () => /** @type {any} */ (config) });
  Object.assign(host.api, {
    registerGatewayMethod: (/** @type {string} */ name, /** @type {Function} */ method) => (methods[name] = method),
    registerSecurityAuditCollector: () => {},
  });
  registerAudit(host);
  const call = async (/** @type {string} */ name, params = {}) => {
    /** @type {any} */
    let response;
    await methods[`claude-proxy.${name}`]?.({ params, respond: (/** @type {any[]} */ ...all) => (response = all) });
    assert.equal(response[0], true, JSON.stringify(response));
    return response[1];
  };

  await logReport(host);
  for (let n = 0; n < 3; n++) {
    assert.equal((await call("status")).closed, true);
    assert.equal((await call("audit")).closed, true);
  }
  assert.equal(audits, 1);
  await call("audit", { fresh: true });
  assert.equal(audits, 2, "asked for");
  config = {};
  await Promise.all([call("status"), call("audit")]);
  assert.equal(audits, 3, "another configuration is in force, judged once for all who ask");
  writeFileSync(configPath, "{ }");
  await call("status");
  await call("status");
  assert.equal(audits, 4, "another file");
  writeFileSync(join(folder, "included.json5"), "22");
  await call("audit");
  assert.equal(audits, 5, "another included file");
});

test("whether a file that cannot be read is closed is unknown, and the status says why", async () => {
  giveComponent({});
  const status = await statusObject(fakeHost({ configPath: () => folder }));
  assert.equal(status.closed, null);
  assert.equal(status.fileInForce, null);
  assert.match(status.next ?? "", /cannot be read: it is a directory/);
});

test("settings that an included file holds are not called out of force", async () => {
  const settings = { host: "h", port: 4567, guard: "strict" };
  const merged = { plugins: { entries: { "anthropic-claude-proxy": { config: { port: 4567, guard: "strict" } } } } };
  /** @type {string[]} */
  const read = [];
  writeFileSync(configPath, '{"$include": "./included.json5"}');
  writeFileSync(join(folder, "included.json5"), JSON.stringify(merged));
  giveComponent({
    config: {
      audit: (/** @type {any} */ input) =>
        input.files.length === 0
          ? { tag: "needs", val: [{ tag: "file", val: "./included.json5" }] }
          : { tag: "report", val: closed },
    },
    settings: { read: (/** @type {string} */ document) => (read.push(document), settings) },
  });
  const host = fakeHost({ configPath: () => configPath, config: () => /** @type {any} */ (merged) });
  const status = await statusObject(host);
  assert.deepEqual(read, [JSON.stringify(merged)], "the settings are those of the configuration that OpenClaw has merged");
  assert.deepEqual([status.listen.port, status.guard.mode], [4567, "strict"]);
  assert.deepEqual([status.fileInForce, status.next], [null, null]);
});

test("the version of OpenClaw that runs is the one that is judged, whatever it says of itself", async () => {
  /** @type {any[]} */
  const hosts = [];
  giveComponent({ config: { audit: (/** @type {any} */ input) => (hosts.push(input.openclaw), { tag: "report", val: closed }) } });
  const stated = (/** @type {any} */ runtime) => createHost(/** @type {any} */ ({ runtime, config: {} }));
  const broken = stated({
    get version() {
      throw new Error("not in this mode");
    },
  });
  /** @type {Array<[import("../host.js").Host, string]>} */
  const cases = [
    [stated({ version: "2026.10.1-beta" }), "2026.10.1-beta"],
    [stated({ version: "unknown" }), "unknown"],
    [stated({ version: "" }), ""],
    [stated({ version: 3 }), "unknown"],
    [stated({}), "unknown"],
    [stated(undefined), "unknown"],
    [broken, "unknown"],
  ];
  for (const [host, version] of cases) {
    await auditFile({ ...fakeHost({ configPath: () => configPath }), version: host.version });
    assert.deepEqual(hosts.pop(), { version, schemaKnown: false });
  }
});
