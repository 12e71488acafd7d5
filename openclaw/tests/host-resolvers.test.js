// @ts-check
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { logReport } from "../audit.js";
import { statusObject } from "../status.js";
import { judgeFile } from "../document.js";
import { closeStored } from "../close-stored.js";
import { CLOSED, fakeHost, forget, giveComponent, temporaryFolder } from "./fakes.js";

const OURS = "anthropic-claude-proxy";
const folder = temporaryFolder();
writeFileSync(join(folder, "openclaw.json"), "{}");

const config = {
  agents: {
    defaults: { model: { primary: `${OURS}/a`, fallbacks: [`${OURS}/b`] }, utilityModel: "short" },
    entries: { main: {}, "o.ps": { model: `${OURS}/b` } },
  },
  models: { providers: { [OURS]: { baseUrl: "http://127.0.0.1:3456" } } },
};
const route = (/** @type {string} */ path, leadsTo = `${OURS}/a`, closed = true) => ({ path, leadsTo, closed });
const routes = [
  route("agents.defaults.model.primary"),
  route("agents.defaults.model.fallbacks[0]"),
  route("agents.defaults.utilityModel"),
  route('agents.entries["o.ps"].model'),
  route("agents.defaults.imageModel", "openai/x", false),
  route(`models.providers.${OURS}.baseUrl`, "http://127.0.0.1:3456/"),
  route("tts.provider", OURS),
  route("stored sessions: agent:main:main"),
];

/** @type {any} */
let sdk;
/** The provider that `short` leads to. */
let short = OURS;

beforeEach(() => {
  forget();
  short = OURS;
  sdk = {
    "agent-runtime": {
      listAgentIds: (/** @type {any} */ cfg) => Object.keys(cfg.agents.entries),
      resolveDefaultModelForAgent: (/** @type {any} */ { cfg, agentId }) =>
        ref(cfg.agents.entries[agentId].model ?? cfg.agents.defaults.model.primary),
      buildModelAliasIndex: (/** @type {any} */ { agentId, defaultProvider }) => ({ agentId, defaultProvider }),
      resolveModelRefFromString: (/** @type {any} */ { raw, agentId, aliasIndex, defaultProvider }) => {
        assert.deepEqual(aliasIndex, { agentId, defaultProvider });
        return raw === "gone" ? null : { ref: raw === "short" ? { provider: short, model: "s" } : ref(raw) };
      },
    },
    "config-runtime": {
      listSessionEntries: (/** @type {any} */ { agentId }) => [
        { sessionKey: `agent:${agentId}:main`, entry: { providerOverride: OURS, modelOverride: "b" } },
        { sessionKey: `agent:${agentId}:plain`, entry: {} },
      ],
      resolveCronStorePath: () => "jobs",
      loadCronStore: async () => ({
        jobs: [{ id: "j", agentId: "o.ps", payload: { model: "short", fallbacks: ["gone"] } }, { id: "k" }],
      }),
    },
    "model-session-runtime": {
      resolveSessionModelRef: (/** @type {any} */ _, /** @type {any} */ { providerOverride, modelOverride }) =>
        providerOverride ? { provider: providerOverride, model: modelOverride } : ref(`${OURS}/a`),
    },
  };
});

/**
 * @param {any} input
 * @returns {import("../host-resolvers.js").Resolved}
 */
function answersIn({ storedLists, notAsked }) {
  const found = storedLists.find((/** @type {any} */ { kind }) => kind === "resolutions");
  return { entries: found?.entries ?? [], notAsked };
}

const ref = (/** @type {string} */ text) => {
  const [provider, model] = text.split("/");
  return { provider, model };
};

/**
 * A component that calls closed what nobody leads elsewhere, and a host beside it.
 * @param {Partial<import("../host.js").Host>} [parts]
 */
function judged(parts = {}) {
  /** @type {any[]} */
  const inputs = [];
  giveComponent({
    config: {
      audit: (/** @type {any} */ input) => {
        inputs.push(input);
        const others = answersIn(input).entries.filter((/** @type {any} */ { provider }) => provider !== OURS);
        const findings = others.map((/** @type {any} */ { name: path }) => ({ severity: "leak", code: "resolved-elsewhere", path, leadsTo: "x/y" }));
        const closed = others.length === 0;
        return { tag: "report", val: { ...CLOSED, closed, summary: findings[0]?.path, routes, findings, knownVersions: ["2026.9.6"] } };
      },
      unknownPaths: (/** @type {string} */ schema) => (schema === "known" ? [] : ["new.path"]),
    },
  });
  const host = fakeHost({
    stateDir: () => folder,
    configPath: () => join(folder, "openclaw.json"),
    config: () => /** @type {any} */ (config),
    version: () => "2026.9.6",
    sdk: (name) => Promise.resolve(sdk[name] ?? {}),
    ...parts,
  });
  return { host, inputs };
}

test("OpenClaw is asked for each agent, each closed reference, each session and each job", async () => {
  const { host } = judged();
  const { input, report } = await judgeFile(host);
  assert.equal(report.closed, true);
  const asked = answersIn(input).entries.map(({ name, agent, provider, model }) => `${agent} ${name} ${provider}/${model}`);
  assert.deepEqual(asked, [
    `main agents.defaults.model ${OURS}/a`,
    `o.ps agents.entries["o.ps"].model ${OURS}/b`,
    `main agents.defaults.model.primary ${OURS}/a`,
    `o.ps agents.defaults.model.primary ${OURS}/a`,
    `main agents.defaults.model.fallbacks[0] ${OURS}/b`,
    `o.ps agents.defaults.model.fallbacks[0] ${OURS}/b`,
    `main agents.defaults.utilityModel ${OURS}/s`,
    `o.ps agents.defaults.utilityModel ${OURS}/s`,
    `o.ps agents.entries["o.ps"].model ${OURS}/b`,
    `main stored sessions: agent:main:main ${OURS}/b`,
    `main stored sessions: agent:main:plain ${OURS}/a`,
    `o.ps stored sessions: agent:o.ps:main ${OURS}/b`,
    `o.ps stored sessions: agent:o.ps:plain ${OURS}/a`,
    `o.ps stored jobs: j ${OURS}/s`,
  ]);
  assert.deepEqual(answersIn(input).notAsked, ["stored jobs: OpenClaw names no model for stored jobs: j"], "a fallback that is gone");
});

test("what the component calls closed and OpenClaw leads elsewhere is not closed", async () => {
  short = "openai";
  const { host } = judged();
  const { report } = await judgeFile(host);
  assert.equal(report.closed, false);
  assert.deepEqual(new Set(report.findings.map(({ path }) => path)), new Set(["agents.defaults.utilityModel", "stored jobs: j"]));
  assert.match((await logReport(host)) ?? "", /^configuration is open: agents\.defaults\.utilityModel/);
});

test("what a version does not export is listed, and what fails or does not come to an end too", async () => {
  const { host } = judged();
  delete sdk["model-session-runtime"];
  sdk["agent-runtime"].buildModelAliasIndex = undefined;
  sdk["config-runtime"].loadCronStore = undefined;
  const notAsked = async () => answersIn((await judgeFile(host)).input).notAsked;
  assert.deepEqual(await notAsked(), [
    "references in the file: this OpenClaw has no buildModelAliasIndex",
    "stored sessions: this OpenClaw has no resolveSessionModelRef",
    "stored jobs: this OpenClaw has no buildModelAliasIndex, loadCronStore",
  ]);
  sdk = {};
  assert.equal((await notAsked()).length, 4);
  sdk = { "agent-runtime": { listAgentIds: () => ["main"], resolveDefaultModelForAgent: () => assert.fail("broken") } };
  assert.equal((await notAsked())[0], "the agents' models: broken");
  sdk = { "agent-runtime": { listAgentIds: () => new Array(100_001).fill("main"), resolveDefaultModelForAgent: () => ref("a/b") } };
  assert.match((await notAsked())[0] ?? "", /too many|too long/);
});

test("the schema of a version that is not known is asked for once", async () => {
  let runs = 0;
  let schema = "known";
  const run = async (/** @type {string[]} */ argv) => {
    runs += 1;
    assert.deepEqual(argv.slice(2), ["config", "schema"]);
    return { stdout: schema, stderr: "", code: 0 };
  };
  for (const known of [true, false]) {
    forget();
    runs = 0;
    schema = known ? "known" : "other";
    const { host } = judged({ version: () => "2026.9.7", runner: () => /** @type {any} */ (run) });
    for (let time = 0; time < 2; time++) assert.equal((await judgeFile(host)).input.openclaw?.schemaKnown, known);
    assert.equal(runs, 1);
  }
  const { host } = judged({ version: () => "2026.9.6", runner: () => assert.fail("it is known") });
  assert.equal((await judgeFile(host)).input.openclaw?.schemaKnown, false);
  forget();
  const failing = judged({ version: () => "2026.9.8" });
  assert.equal((await judgeFile(failing.host)).input.openclaw?.schemaKnown, false);
  assert.match(failing.host.lines[0] ?? "", /the schema of OpenClaw 2026\.9\.8 cannot be read/);
});

test("a status costs no audit and asks OpenClaw nothing", async () => {
  const { host, inputs } = judged();
  await logReport(host);
  const before = inputs.length;
  sdk = new Proxy({}, { get: () => assert.fail("asked") });
  for (let time = 0; time < 3; time++) assert.equal((await statusObject(host)).closed, true);
  assert.equal(inputs.length, before);
});

test("stored choices are closed by OpenClaw's own commands, each reported", async () => {
  /** @type {string[][]} */
  const ran = [];
  const run = async (/** @type {string[]} */ argv) => {
    ran.push(argv.slice(2));
    if (argv.includes("cron")) return { stdout: "", stderr: "noise\nno Gateway runs", code: 1 };
    return { stdout: "{}", stderr: "", code: 0 };
  };
  const commands = [["gateway", "call"], ["cron", "edit", "j"]];
  /** @type {string[]} */
  const lines = [];
  const audited = /** @type {any} */ ({ report: { commands } });
  await closeStored(fakeHost({ runner: () => /** @type {any} */ (run) }), audited, (line) => lines.push(line));
  assert.deepEqual(ran, commands);
  assert.deepEqual(lines, ["Done: openclaw gateway call", "Not done: openclaw cron edit j (no Gateway runs)"]);
});
