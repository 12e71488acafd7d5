// @ts-check
// The second judge: where OpenClaw itself leads each slot, by the resolvers that its public SDK exports. Nothing is decided
// here: the answers are data for the component, which holds them against its own report. What a version does not export is
// not asked, and listed as that.

import { ask } from "./component.js";
import { withTimeout } from "./timeout.js";
import { messageOf } from "./errors.js";
import { processState, update } from "./state.js";

/** @typedef {import("./host.js").Host} Host */
/**
 * Where OpenClaw leads the slots of the configuration in force.
 * @typedef {object} Resolved
 * @property {NonNullable<import("./types/component.d.ts").StoredList["entries"]>} entries
 * @property {string[]} notAsked What it could not be asked, and why.
 */
/** @typedef {import("./report.js").Audited} Audited */
/** @typedef {{ provider?: string, model?: string } | null | undefined} Ref */

/** Most answers that are collected. */
const MAX_ANSWERS = 100_000;
/** Longest time that OpenClaw may take to answer all, in milliseconds: its resolvers hold up the process. */
const DEADLINE_MS = 5_000;
/** Longest time that OpenClaw may take to print its schema, in milliseconds. */
const SCHEMA_MS = 60_000;
/** Longest schema that is read, in bytes; that of 2026.9.6 has 2.4 MB. */
const MAX_SCHEMA = 32 << 20;

/**
 * The report on the configuration in force, with the host's own answers beside the component's.
 * @param {Host} host
 * @param {Audited} first The component's alone.
 * @returns {Promise<Audited>}
 */
export async function withHostAnswers(host, first) {
  const { input, report } = first;
  const version = host.version();
  if (version === undefined) return first;
  const schemaKnown = report.knownVersions.includes(version) ? false : await schemaIsKnown(host, version);
  const { entries, notAsked } = await askResolvers(host, report);
  const answers = { kind: /** @type {const} */ ("resolutions"), name: "OpenClaw's resolvers", entries };
  const second = { ...input, openclaw: { version, schemaKnown }, storedLists: [...input.storedLists, answers], notAsked };
  const outcome = ask(({ config }) => config.audit(second));
  // Every question was answered the first time.
  if (outcome.tag !== "report") throw new Error("the audit asks again what was answered");
  return { input: second, report: outcome.val };
}

/**
 * Whether the schema of a version that the component does not know has only paths that it knows.
 * @param {Host} host
 * @param {string} version
 */
async function schemaIsKnown(host, version) {
  const { schema } = processState();
  if (schema?.version === version) return schema.known;
  let known = false;
  try {
    const argv = [process.execPath, process.argv[1] ?? "", "config", "schema"];
    const { stdout, code } = await host.runner()(argv, {
      timeoutMs: SCHEMA_MS,
      input: "",
      maxOutputBytes: MAX_SCHEMA,
      killProcessTree: true,
    });
    known = code === 0 && ask(({ config }) => config.unknownPaths(stdout))?.length === 0;
  } catch (error) {
    host.log("warn", `the schema of OpenClaw ${version} cannot be read: ${messageOf(error)}`);
    return false;
  }
  update({ schema: { version, known } });
  return known;
}

/**
 * @param {Host} host
 * @param {import("./types/component.d.ts").Report} report The component's: the slots that it called closed are asked for.
 * @returns {Promise<Resolved>}
 */
export async function askResolvers(host, report) {
  const names = /** @type {const} */ (["agent-runtime", "config-runtime", "model-session-runtime"]);
  const sdk = Object.assign({}, ...(await Promise.all(names.map(host.sdk))));
  const answers = new Answers(sdk, /** @type {any} */ (host.config()));
  await answers.of("the agents' models", ["listAgentIds", "resolveDefaultModelForAgent"], () => answers.agents());
  const references = ["listAgentIds", "resolveModelRefFromString", "buildModelAliasIndex"];
  await answers.of("references in the file", references, () => answers.routes(report));
  await answers.of("stored sessions", ["listAgentIds", "listSessionEntries", "resolveSessionModelRef"], () => answers.sessions());
  await answers.of("stored jobs", [...references, "loadCronStore", "resolveCronStorePath"], () => answers.jobs());
  return { entries: answers.all, notAsked: answers.notAsked };
}

/** What OpenClaw says, as it is asked. */
class Answers {
  /**
   * @param {Record<string, any>} sdk
   * @param {any} config The configuration in force.
   */
  constructor(sdk, config) {
    this.sdk = sdk;
    this.config = config;
    /** @type {Resolved["entries"]} */
    this.all = [];
    /** @type {string[]} */
    this.notAsked = [];
    this.until = performance.now() + DEADLINE_MS;
    /** The first place for which the kind that is being asked for got no answer. @type {string | undefined} */
    this.silent = undefined;
    /** How an agent reads references. @type {Map<string, { aliasIndex: unknown, defaultProvider: string }>} */
    this.readings = new Map();
  }

  /**
   * Asks for one kind of slot.
   * @param {string} what
   * @param {string[]} names What it takes of the SDK.
   * @param {() => void | Promise<void>} work
   */
  async of(what, names, work) {
    const missing = names.filter((name) => typeof this.sdk[name] !== "function");
    if (missing.length > 0) {
      this.notAsked.push(`${what}: this OpenClaw has no ${missing.join(", ")}`);
      return;
    }
    this.silent = undefined;
    try {
      await withTimeout(DEADLINE_MS, work);
      // No answer is no agreement.
      if (this.silent !== undefined) this.notAsked.push(`${what}: OpenClaw names no model for ${this.silent}`);
    } catch (error) {
      this.notAsked.push(`${what}: ${messageOf(error)}`);
    }
  }

  /**
   * @param {string} path
   * @param {string} agent
   * @param {Ref} ref Nothing where OpenClaw itself finds no model: such a run fails.
   */
  add(path, agent, ref) {
    if (this.all.length >= MAX_ANSWERS) throw new Error("there are too many");
    if (performance.now() > this.until) throw new Error("it takes too long");
    if (!ref?.provider) {
      this.silent ??= path;
      return;
    }
    this.all.push({ name: path, agent, provider: String(ref.provider), model: String(ref.model ?? ""), fallbacks: [] });
  }

  /** @returns {string[]} */
  ids() {
    return this.sdk["listAgentIds"](this.config);
  }

  /** @param {string} agentId */
  main(agentId) {
    return this.sdk["resolveDefaultModelForAgent"]({ cfg: this.config, agentId });
  }

  /** What each agent's turns begin with. */
  agents() {
    for (const agentId of this.ids()) {
      const own = this.config.agents?.entries?.[agentId]?.model !== undefined;
      const entry = /^[\w-]+$/.test(agentId) ? `.${agentId}` : `[${JSON.stringify(agentId)}]`;
      this.add(own ? `agents.entries${entry}.model` : "agents.defaults.model", agentId, this.main(agentId));
    }
  }

  /**
   * A reference as an agent reads it.
   * @param {string} raw
   * @param {string} agentId
   * @returns {Ref}
   */
  reference(raw, agentId) {
    let reading = this.readings.get(agentId);
    if (reading === undefined) {
      const defaultProvider = this.sdk["resolveDefaultModelForAgent"] ? (this.main(agentId)?.provider ?? "") : "";
      const aliasIndex = this.sdk["buildModelAliasIndex"]({ cfg: this.config, agentId, defaultProvider });
      reading = { aliasIndex, defaultProvider };
      this.readings.set(agentId, reading);
    }
    return this.sdk["resolveModelRefFromString"]({ cfg: this.config, agentId, raw, ...reading })?.ref;
  }

  /**
   * The references that the component called closed: those of an agent's entry as that agent reads them, others as each.
   * @param {import("./types/component.d.ts").Report} report
   */
  routes({ routes }) {
    const ids = this.ids();
    for (const { path, leadsTo, closed } of routes) {
      // An address is no reference, nor is a provider's name alone.
      if (!closed || !leadsTo.includes("/") || leadsTo.includes("://")) continue;
      const steps = stepsOf(path);
      // What is stored is asked for by its own kind.
      if (!Object.hasOwn(this.config, steps[0] ?? "")) continue;
      const raw = steps.reduce((value, key) => value?.[key], this.config);
      if (typeof raw !== "string" || raw === "") {
        this.silent ??= path;
        continue;
      }
      for (const agentId of readersOf(steps, this.config) ?? ids) this.add(path, agentId, this.reference(raw, agentId));
    }
  }

  /** Every stored session, with a model of its own or without. */
  sessions() {
    /** @type {Map<string, Ref>} */
    const known = new Map();
    for (const agentId of this.ids()) {
      for (const { sessionKey, entry } of this.sdk["listSessionEntries"]({ agentId, readOnly: true })) {
        // Thousands of sessions have the same few models.
        const { providerOverride, modelOverride, modelProvider, model } = entry;
        const alike = JSON.stringify([agentId, providerOverride, modelOverride, modelProvider, model]);
        if (!known.has(alike)) known.set(alike, this.sdk["resolveSessionModelRef"](this.config, entry, agentId));
        this.add(`stored sessions: ${sessionKey}`, agentId, known.get(alike));
      }
    }
  }

  /** Every stored job with a model of its own; the others follow their agent's. */
  async jobs() {
    const { jobs } = await this.sdk["loadCronStore"](this.sdk["resolveCronStorePath"](this.config.cron?.store));
    const [first = ""] = this.ids();
    for (const { id, agentId = first, payload } of jobs) {
      for (const raw of [payload?.model, ...(payload?.fallbacks ?? [])]) {
        if (typeof raw === "string" && raw !== "") this.add(`stored jobs: ${id}`, agentId, this.reference(raw, agentId));
      }
    }
  }
}

/**
 * The steps of a dotted path (`a.b[0]["c.d"]`).
 * @param {string} path
 * @returns {string[]}
 */
function stepsOf(path) {
  const steps = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return Array.from(steps, ([, quoted, index, key]) => (quoted === undefined ? (index ?? key ?? "") : JSON.parse(`"${quoted}"`)));
}

/**
 * The agents that read a place; nothing where all do.
 * @param {string[]} steps
 * @param {any} config
 * @returns {string[] | undefined}
 */
function readersOf([first, kind, agent = ""], config) {
  if (first !== "agents") return undefined;
  if (kind === "entries") return [agent];
  return kind === "list" ? [config.agents.list[agent]?.id ?? agent] : undefined;
}
