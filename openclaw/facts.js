// @ts-check
// What Node can find out about an installation, for the component's doctor. The helper finds out more; this is for
// machines that it does not run on.

import { ask, Refusal } from "./component.js";
import { claudeStatus } from "./claude-cli.js";
import { judgeFile } from "./document.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { readKey } from "./key-file.js";
import { hooksGranted } from "./permission.js";
import { observe } from "./probe.js";
import { settingsOf } from "./settings.js";
import { tokenState } from "./token.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./types/component.d.ts").AuditInput} AuditInput */
/** @typedef {import("./types/component.d.ts").Report} Report */
/** @typedef {string | undefined | Promise<string | undefined>} Value */

/** Longest time a program may take to say its version, in milliseconds. */
const DEADLINE_MS = 10_000;
/** Most rounds of questions to the proxy. */
const MOST_ROUNDS = 16;
/** Findings that the component is told of; it shows the first. */
const SHOWN = 3;

/**
 * @param {Host} host
 * @returns {Promise<Map<string, string | undefined>>} What is known, by name; nothing under a name means there is none.
 */
export async function gather(host) {
  const settings = settingsOf(host.config());
  const plan = ask(({ provider }, lend) => provider.launch(lend(settings), Object.keys(process.env)));
  /** @type {any} */
  const { agents, plugins } = host.config();
  const models = Object.entries(agents?.defaults?.models ?? {});
  /** @type {Record<string, Value>} */
  const facts = {
    "claude-version": versionOf(host, "claude"),
    "claude-auth-status": claudeStatus(host).then((seen) => seen && `${seen.code} ${seen.text}`),
    "oauth-token": tokenState(),
    "bun-version": versionOf(host, "bun"),
    "node-version": process.version,
    "proxy-pinned": plan.pinned ? "yes" : "no",
    port: String(plan.port),
    "proxy-host": plan.local ? undefined : plan.host,
    "default-model": agents?.defaults?.model?.primary ?? agents?.defaults?.model,
    "model-alias": models.find(([, model]) => /** @type {any} */ (model)?.alias === IDENTITY.modelAlias)?.[0],
    "plugin-enabled": plugins?.entries?.[IDENTITY.id]?.enabled === false ? "no" : "yes",
    "hooks-permission": hooksGranted(host.config()) ? "yes" : "no",
    "openclaw-version": host.version(),
    clock: String(Math.trunc(Date.now() / 1000)),
  };
  Object.assign(facts, await verdict(host), keyFile(settings), await answering(plan.baseUrl, settings));
  const known = Object.entries(facts).map(async ([name, value]) => /** @type {const} */ ([name, await value]));
  return new Map(await Promise.all(known));
}

/**
 * First line of what a program says about its version.
 * @param {Host} host
 * @param {string} program
 */
async function versionOf(host, program) {
  try {
    const { stdout } = await host.runner()([program, "--version"], { timeoutMs: DEADLINE_MS, input: "" });
    return stdout.trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

/**
 * Whether the key of the user's own proxy can be read.
 * @param {import("./types/component.d.ts").Settings} settings
 * @returns {Record<string, string>}
 */
function keyFile({ keyFile: path }) {
  const known = { "key-file": path ?? "", "key-file-trouble": "", "key-file-fix": "Put its key there, mode 600." };
  try {
    if (path !== null) readKey(path);
  } catch (error) {
    known["key-file-trouble"] = messageOf(error);
  }
  return known;
}

/**
 * What answers where the proxy should, without its key: nobody here can vouch for the listener.
 * @param {string} baseUrl
 * @param {import("./types/component.d.ts").Settings} settings
 * @returns {Promise<Record<string, string | undefined>>}
 */
export async function answering(baseUrl, settings) {
  /** @type {import("./types/component.d.ts").Observation[]} */
  const seen = [];
  // Asked without the key, a proxy of ours would count as one that refuses it.
  const keyless = { ...settings, accessKey: /** @type {const} */ ("off"), keyFile: null };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const step = ask(({ health }, lend) => health.judge(lend(keyless), undefined, seen));
    if (step.tag === "judged") {
      const { readiness, code, detail, login, name, version, ownTools, command } = step.val;
      return {
        health: `${readiness} ${code} ${detail}`,
        login,
        "proxy-kind": name ?? "none",
        "proxy-version": version,
        "own-tools": ownTools === undefined ? "unknown" : ownTools ? "on" : "off",
        "proxy-fix": command,
      };
    }
    seen.push(...(await observe(baseUrl, step.val, undefined)));
  }
  return {};
}

/**
 * The audit's verdict, the first places that keep the file open, and whether its fix closes any of them.
 * @param {Host} host
 * @returns {Promise<Record<string, string | undefined>>}
 */
async function verdict(host) {
  const { input, report } = await judgeFile(host);
  const open = openOf(report);
  const worst = report.decided ? "leak" : "undecided";
  return {
    "config-audit": report.closed
      ? "closed"
      : `${report.decided ? "open" : "undecided"} ${open.filter(({ severity }) => severity === worst).length}`,
    "judged-version": report.judgedVersion,
    "config-findings": JSON.stringify(open.slice(0, SHOWN)),
    "config-unread": input.files
      .filter(({ text }) => text === undefined)
      .map(({ path }) => path)
      .join(", "),
    "config-fix": open.length > 0 && fixHelps(input, open.length) ? "yes" : "no",
  };
}

/** @param {Report} report */
const openOf = ({ findings }) => findings.filter(({ severity }) => severity === "leak" || severity === "undecided");

/**
 * @param {AuditInput} input
 * @param {number} before How many places are open now.
 */
function fixHelps(input, before) {
  const request = { listed: [], setDefault: false, grantHooks: false, fix: true, harden: false, unharden: false };
  try {
    return openOf(ask(({ config }) => config.apply(input, request)).report).length < before;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
