// @ts-check
// What Node can find out about an installation, for the component's doctor. The helper finds out more; this is for
// machines that it does not run on.

import { ask } from "./component.js";
import { claudeStatus } from "./claude-cli.js";
import { auditFile } from "./document.js";
import { IDENTITY } from "./identity.js";
import { hooksGranted } from "./permission.js";
import { settingsOf } from "./settings.js";
import { tokenState } from "./token.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {string | undefined | Promise<string | undefined>} Value */

/** Longest time a program may take to say its version, in milliseconds. */
const DEADLINE_MS = 10_000;

/**
 * @param {Host} host
 * @returns {Promise<Map<string, string | undefined>>} What is known, by name; nothing under a name means there is none.
 */
export async function gather(host) {
  const settings = settingsOf(host.config());
  const plan = ask(({ provider }) => provider.launch(settings, Object.keys(process.env)));
  /** @type {any} */
  const { agents, plugins } = host.config();
  const audited = auditFile(host).then(({ report }) => report);
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
    "config-audit": audited.then(inOneWord),
    "judged-version": audited.then(({ judgedVersion }) => judgedVersion),
    "default-model": agents?.defaults?.model?.primary ?? agents?.defaults?.model,
    "model-alias": models.find(([, model]) => /** @type {any} */ (model)?.alias === IDENTITY.modelAlias)?.[0],
    "plugin-enabled": plugins?.entries?.[IDENTITY.id]?.enabled === false ? "no" : "yes",
    "hooks-permission": hooksGranted(host.config()) ? "yes" : "no",
    "openclaw-version": host.version(),
    clock: String(Math.trunc(Date.now() / 1000)),
  };
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

/** @param {import("./types/component.d.ts").Report} report */
function inOneWord({ closed, decided, findings }) {
  if (closed) return "closed";
  const worst = decided ? "leak" : "undecided";
  return `${decided ? "open" : "undecided"} ${findings.filter(({ severity }) => severity === worst).length}`;
}
