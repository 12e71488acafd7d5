// @ts-check
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeEach, test } from "node:test";

import { logReport } from "../audit.js";
import { statusObject } from "../status.js";
import { collectStored } from "../stored.js";
import { CLOSED, fakeHost, forget, giveComponent, temporaryFolder } from "./fakes.js";

/** @type {string} */
let place;
/** @type {Record<string, any>} */
let sdk;

beforeEach(() => {
  forget();
  place = temporaryFolder();
  sdk = {};
  process.env["OPENCLAW_HOME"] = join(place, "home");
  delete process.env["OPENCLAW_TTS_PREFS"];
});

const host = () =>
  fakeHost({
    stateDir: () => join(place, "state"),
    configPath: () => join(place, "state", "openclaw.json"),
    sdk: (name) => Promise.resolve(sdk[name] ?? {}),
  });

/**
 * @param {string} path
 * @param {string | Buffer} text
 */
function put(path, text) {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

const look = async () =>
  (await collectStored(host())).storedFiles.map(({ kind, path, text }) => [kind, path.startsWith("/") ? relative(place, path) : path, text]);

test("where nothing is stored, each kind that was looked for is handed over empty", async () => {
  assert.deepEqual(await look(), [
    ["environment", "state", ""],
    ["models", "state", "{}"],
    ["speech", "state", "{}"],
  ]);
});

test("files are read as data, whatever lies there", async () => {
  put("home/.config/openclaw/gateway.env", "A=1");
  put("prefs.json", '{"tts":{}}');
  process.env["OPENCLAW_TTS_PREFS"] = join(place, "prefs.json");
  put("state/.env", "B=2");
  put("state/settings/tts.json", Buffer.from([0xff]));
  put("state/agents/a/agent/models.json", "{}");
  put("state/agents/long/agent/models.json", Buffer.alloc((1 << 20) + 1, 32));
  put("state/agents/file", "no folder");
  for (const name of ["device", "folder", "gone", "loop", "pipe"]) {
    mkdirSync(join(place, "state/agents", name, "agent"), { recursive: true });
  }
  mkdirSync(join(place, "state/agents/folder/agent/models.json"));
  symlinkSync("/dev/zero", join(place, "state/agents/device/agent/models.json"));
  symlinkSync("/nowhere/at/all", join(place, "state/agents/gone/agent/models.json"));
  symlinkSync("models.json", join(place, "state/agents/loop/agent/models.json"));
  execFileSync("mkfifo", [join(place, "state/agents/pipe/agent/models.json")]);
  assert.deepEqual(await look(), [
    ["environment", "home/.config/openclaw/gateway.env", "A=1"],
    ["speech", "prefs.json", '{"tts":{}}'],
    ["environment", "state/.env", "B=2"],
    ["speech", "state/settings/tts.json", undefined],
    ["models", "state/agents/a/agent/models.json", "{}"],
    ["models", "state/agents/device/agent/models.json", undefined],
    ["models", "state/agents/folder/agent/models.json", undefined],
    ["models", "state/agents/long/agent/models.json", undefined],
    ["models", "state/agents/loop/agent/models.json", undefined],
    ["models", "state/agents/pipe/agent/models.json", undefined],
  ]);
});

test("reading stops at 1000 agents and 16 MiB", async () => {
  for (let n = 0; n <= 1_000; n++) mkdirSync(join(place, "state/agents", String(n)), { recursive: true });
  for (let n = 0; n < 20; n++) put(`state/agents/${n}/agent/models.json`, Buffer.alloc(1 << 20, 32));
  const found = await look();
  assert.ok(found.some(([kind, path, text]) => kind === "models" && path === "state/agents" && text === undefined));
  const read = found.filter(([, path, text]) => path !== "state" && text !== undefined);
  assert.equal(read.length, 16);
});

const databases = {
  "agent-runtime": {
    listAgentIds: () => ["main", "ops"],
    resolveAgentDir: (/** @type {any} */ _, /** @type {string} */ id) => `/agents/${id}`,
    loadAuthProfileStoreWithoutExternalProfiles: (/** @type {string} */ dir) => ({
      profiles: { "openai:default": { provider: "openai", key: `secret of ${dir}` } },
    }),
  },
  "config-runtime": {
    listSessionEntries: (/** @type {any} */ { agentId, readOnly }) => [
      { sessionKey: `${agentId}:${readOnly}`, entry: { providerOverride: "openai", modelOverride: "gpt-5.4", other: 1 } },
      { sessionKey: "plain", entry: { model: "last used" } },
    ],
    resolveCronStorePath: (/** @type {string | undefined} */ store) => store ?? "default",
    loadCronStore: async () => ({
      jobs: [{ id: "j", payload: { kind: "agentTurn", model: "openai/x", fallbacks: ["a/b"], message: "private" } }, { id: "k" }],
    }),
  },
};
const ofDatabases = async () => (await collectStored(host())).storedLists.map(({ kind, entries }) => [kind, entries]);
const none = { name: "", agent: "", provider: "", model: "", fallbacks: [] };

test("sessions, jobs and credentials come from OpenClaw, without what is private", async () => {
  sdk = databases;
  assert.deepEqual(await ofDatabases(), [
    [
      "sessions",
      ["main", "ops"].map((id) => ({ ...none, name: `${id}:true`, provider: "openai", model: "gpt-5.4" })),
    ],
    ["credential-profiles", ["main", "ops"].map((id) => ({ ...none, agent: id, name: "openai:default", provider: "openai" }))],
    ["jobs", [
        { ...none, name: "j", model: "openai/x", fallbacks: ["a/b"] },
        { ...none, name: "k" },
      ]],
  ]);
});

test("what OpenClaw does not export is left out, and what fails is unreadable", async () => {
  sdk = { "agent-runtime": databases["agent-runtime"] };
  assert.deepEqual((await ofDatabases()).map(([kind]) => kind), ["credential-profiles"]);
  sdk = { "config-runtime": databases["config-runtime"] };
  assert.deepEqual((await ofDatabases()).map(([kind]) => kind), ["jobs"]);
  const broken = () => {
    throw new Error("database is locked");
  };
  for (const jobs of [async () => broken(), async () => ({}), async () => ({ jobs: new Array(100_001).fill({}) })]) {
    sdk = {
      "agent-runtime": { ...databases["agent-runtime"], loadAuthProfileStoreWithoutExternalProfiles: () => ({}) },
      "config-runtime": { ...databases["config-runtime"], listSessionEntries: broken, loadCronStore: jobs },
    };
    assert.deepEqual(await ofDatabases(), [
      ["sessions", undefined],
      ["credential-profiles", undefined],
      ["jobs", undefined],
    ]);
  }
});

test("a stored file that changes is judged anew, and one that does not is not", async () => {
  put("state/openclaw.json", "{}");
  put("state/.env", "A=1");
  /** @type {string[]} */
  const seen = [];
  giveComponent({
    config: {
      audit: (/** @type {any} */ { storedFiles }) => {
        seen.push(storedFiles[0].text);
        return { tag: "report", val: CLOSED };
      },
    },
  });
  const config = /** @type {any} */ ({});
  const same = { ...host(), config: () => config };
  await logReport(same);
  await statusObject(same);
  assert.deepEqual(seen, ["A=1"]);
  put("state/.env", "A=12");
  await statusObject(same);
  assert.deepEqual(seen, ["A=1", "A=12"]);
});

test("agents' folders and speech choices that lie elsewhere are read, once each", async () => {
  put("elsewhere/models.json", '{"providers":{}}');
  put("elsewhere/tts.json", "{}");
  sdk = {
    "agent-runtime": {
      listAgentIds: () => ["main", "ops"],
      resolveAgentDir: () => join(place, "elsewhere"),
      resolveTtsConfig: (/** @type {any} */ _, /** @type {string} */ id) => id,
      resolveTtsPrefsPath: (/** @type {string} */ id) => join(place, id === "main" ? "elsewhere/tts.json" : "none.json"),
    },
  };
  assert.deepEqual(await ofDatabases(), [["folders", []]]);
  assert.deepEqual((await look()).slice(3), [
    ["models", "elsewhere/models.json", '{"providers":{}}'],
    ["speech", "elsewhere/tts.json", "{}"],
  ]);
});
