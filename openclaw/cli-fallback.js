// @ts-check
// What `openclaw claude-proxy …` can do where no helper fits: everything that only needs the component.

import { ask } from "./component.js";
import { judgeFile, lineOf } from "./document.js";
import { hint, messageOf, partsOf } from "./errors.js";
import { collectFacts } from "./facts.js";
import { IDENTITY } from "./identity.js";

/** @import { Host } from "./host.js" */
/** @import { NoHelper } from "./platform.js" */

/** The check that has no result where there is no helper. */
const PLATFORM = "platform";

/**
 * @param {Host} host
 * @param {string} name
 * @param {string[]} args
 * @param {NoHelper} why Why there is no helper.
 * @returns {Promise<number>} Exit code, as the helper's.
 */
export async function fallback(host, name, args, why) {
  const json = args.includes("--json");
  switch (name) {
    case "audit":
      return audit(host, json);
    case "doctor":
      return doctor(host, json, why);
    default:
      process.stderr.write(`${IDENTITY.id}: ${messageOf(why)}\n`);
      return 2;
  }
}

/**
 * @param {Host} host
 * @param {boolean} json
 */
async function audit(host, json) {
  const { report } = await judgeFile(host);
  if (json) print(JSON.stringify(report));
  else {
    for (const { severity, path, leadsTo, message, fix } of report.findings) {
      print(`${severity}  ${path}${leadsTo === "" ? "" : ` -> ${leadsTo}`}\n  ${message}\n  ${hint(fix)}`);
    }
    print(lineOf(report));
    print(`known for OpenClaw ${report.knownVersions.join(", ")}; judged for ${report.judgedVersion ?? "one that the file does not name"}`);
  }
  return report.exitCode;
}

/**
 * @param {Host} host
 * @param {boolean} json
 * @param {NoHelper} why Why there is no helper.
 */
async function doctor(host, json, why) {
  const { reason, next } = partsOf(why);
  const facts = await collectFacts(host, reason);
  const checks = ask(({ doctor: judge }) => judge.examine(facts)).map((check) =>
    check.id === PLATFORM ? { ...check, fix: check.fix ?? next } : check,
  );
  const failed = checks.some(({ status }) => status === "fail");
  if (json)
    print(JSON.stringify({ ok: !failed, checks: checks.map((check) => ({ ...check, fix: check.fix ?? null })) }));
  else
    for (const { id, status, detail, fix } of checks)
      print(`${status}  ${id}: ${detail}${fix ? `\n  ${hint(fix)}` : ""}`);
  return failed ? 1 : checks.some(({ status }) => status === "unknown") ? 2 : 0;
}

/** @param {string} text */
const print = (text) => process.stdout.write(`${text}\n`);
