// @ts-check
// What OpenClaw has stored beside its configuration, as data for the audit. Plain files (`.env`, the agents' own lists of
// models, the stored speech choice) are read as the helper reads them; sessions, jobs and credentials lie in databases and
// are asked for through OpenClaw's public SDK. What is there and cannot be read is handed over as that, and undecided; a
// kind of which there is nothing is handed over empty; one that this OpenClaw has no way to is left out, and the report says
// that it was not examined.

import { opendir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { withTimeout } from "./timeout.js";
import { codeOf } from "./errors.js";
import { readStored } from "./files.js";
import { gatewayEnvironmentOf, speechChoiceOf } from "./location.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./types/component.d.ts").StoredFile} StoredFile */
/** @typedef {import("./types/component.d.ts").StoredList} StoredList */
/**
 * What is stored, as the audit takes it.
 * @typedef {object} Stored
 * @property {StoredFile[]} storedFiles
 * @property {StoredList[]} storedLists
 */

/** Most bytes that are read of all files. */
const MAX_BYTES = 16 << 20;
/** Most agents whose files are read. */
const MAX_AGENTS = 1_000;
/** Most entries that are handed over of one database; the component reads no more. */
const MAX_ENTRIES = 100_000;
/** Longest time that OpenClaw may take to read its jobs, in milliseconds. */
const DEADLINE_MS = 10_000;
/** Kinds that lie in files, and what stands for "there is none". */
const NONE = /** @type {const} */ ([
  ["environment", ""],
  ["models", "{}"],
  ["speech", "{}"],
]);

/**
 * @param {Host} host
 * @returns {Promise<Stored>}
 */
export async function collectStored(host) {
  const files = await collectFiles(host.stateDir(), host.configPath());
  const known = new Set(files.map(({ path }) => path));
  const { storedFiles, storedLists } = await storedByOpenClaw(host);
  return { storedFiles: [...files, ...storedFiles.filter(({ path }) => !known.has(path))], storedLists };
}

/**
 * @param {string} stateDir
 * @param {string} configPath
 */
async function collectFiles(stateDir, configPath) {
  /** @type {StoredFile[]} */
  const all = [];
  const add = fileCollector(all);
  await add("environment", gatewayEnvironmentOf(process.env));
  const choice = speechChoiceOf(process.env);
  if (choice !== undefined) await add("speech", choice);
  for (const folder of new Set([stateDir, dirname(configPath)])) {
    await add("environment", join(folder, ".env"));
    await add("speech", join(folder, "settings", "tts.json"));
    const agents = join(folder, "agents");
    const { names, whole } = await namesIn(agents);
    if (!whole) all.push({ kind: "models", path: agents, text: undefined });
    for (const name of names) {
      await add("models", join(agents, name, "agent", "models.json"));
      await add("speech", join(agents, name, "settings", "tts.json"));
    }
  }
  for (const [kind, text] of NONE) {
    if (!all.some((stored) => stored.kind === kind)) all.push({ kind, path: stateDir, text });
  }
  return all;
}

/**
 * Adds files that are there to a list, and reads no more of them than a number of bytes.
 * @param {StoredFile[]} all
 */
function fileCollector(all) {
  let left = MAX_BYTES;
  return async (/** @type {StoredFile["kind"]} */ kind, /** @type {string} */ path) => {
    const found = await readStored(path, left);
    if (found === undefined) return;
    left -= Buffer.byteLength(found.text ?? "");
    all.push({ kind, path, text: found.text });
  };
}

/**
 * What is in a folder, up to a number.
 * @param {string} folder
 * @returns {Promise<{ names: string[], whole: boolean }>}
 */
async function namesIn(folder) {
  /** @type {string[]} */
  const names = [];
  try {
    for await (const { name } of await opendir(folder)) {
      if (names.length === MAX_AGENTS) return { names: names.sort(), whole: false };
      names.push(name);
    }
  } catch (error) {
    return { names: names.sort(), whole: ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "") };
  }
  return { names: names.sort(), whole: true };
}

/**
 * What only OpenClaw itself knows: what lies in its databases, and files whose place the configuration names.
 * @param {Host} host
 * @returns {Promise<Stored>}
 */
export async function storedByOpenClaw(host) {
  const parts = await Promise.all([host.sdk("config-runtime"), host.sdk("agent-runtime")]);
  const sdk = /** @type {any} */ (Object.assign({}, ...parts));
  const config = /** @type {any} */ (host.config());
  const agentIds = () => /** @type {string[]} */ (sdk.listAgentIds(config));
  const loadProfiles = "loadAuthProfileStoreWithoutExternalProfiles";
  /** Kinds by path. @type {Map<string, StoredFile["kind"]>} */
  const files = new Map();
  /**
   * A kind, its name, what it takes of the SDK, and how it is read.
   * @type {Array<[StoredList["kind"], string, string[], () => StoredList["entries"] | Promise<StoredList["entries"]>]>}
   */
  const sources = [
    [
      "folders",
      "agents' folders",
      ["listAgentIds", "resolveAgentDir", "resolveTtsConfig", "resolveTtsPrefsPath"],
      () => {
        for (const agentId of agentIds()) {
          files.set(join(sdk.resolveAgentDir(config, agentId), "models.json"), "models");
          files.set(sdk.resolveTtsPrefsPath(sdk.resolveTtsConfig(config, agentId)), "speech");
        }
        return [];
      },
    ],
    [
      "sessions",
      "stored sessions",
      ["listAgentIds", "listSessionEntries"],
      () =>
        agentIds()
          .flatMap((agentId) => sdk.listSessionEntries({ agentId, readOnly: true }))
          .map(({ sessionKey, entry }) => entryOf({ name: sessionKey, provider: entry.providerOverride, model: entry.modelOverride }))
          .filter(({ provider, model }) => provider || model),
    ],
    [
      "credential-profiles",
      "stored credentials",
      ["listAgentIds", "resolveAgentDir", loadProfiles],
      () =>
        agentIds().flatMap((agent) =>
          // Nothing else of it: the rest is secret.
          Object.entries(sdk[loadProfiles](sdk.resolveAgentDir(config, agent)).profiles).map(([name, profile]) =>
            entryOf({ name, agent, provider: /** @type {any} */ (profile).provider }),
          ),
        ),
    ],
    [
      "jobs",
      "stored jobs",
      ["loadCronStore", "resolveCronStorePath"],
      async () => {
        const { jobs } = await sdk.loadCronStore(sdk.resolveCronStorePath(config.cron?.store));
        return jobs.map((/** @type {any} */ { id, payload }) =>
          entryOf({ name: id, model: payload?.model, fallbacks: payload?.fallbacks }),
        );
      },
    ],
  ];
  /** @type {StoredList[]} */
  const storedLists = [];
  for (const [kind, name, needs, read] of sources) {
    if (!needs.every((part) => typeof sdk[part] === "function")) continue;
    // None where it fails, takes too long or has too many.
    const entries = await withTimeout(DEADLINE_MS, read).catch(() => undefined);
    storedLists.push({ kind, name, entries: entries !== undefined && entries.length <= MAX_ENTRIES ? entries : undefined });
  }
  /** @type {StoredFile[]} */
  const storedFiles = [];
  const add = fileCollector(storedFiles);
  for (const [path, kind] of files) await add(kind, path);
  return { storedFiles, storedLists };
}

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" ? value : "");

/**
 * An entry as the component takes it: empty where OpenClaw gives no text.
 * @param {Record<string, unknown>} parts
 */
const entryOf = ({ name, agent, provider, model, fallbacks }) => ({
  name: textOf(name),
  agent: textOf(agent),
  provider: textOf(provider),
  model: textOf(model),
  fallbacks: Array.isArray(fallbacks) ? fallbacks.filter((one) => typeof one === "string") : [],
});
