// @ts-check
// The configuration as files: what the component must know to judge it. The component asks, this reads.

import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { ask } from "./component.js";
import { Failure } from "./errors.js";
import { readBackup, readDocument, readIncluded } from "./files.js";
import { withHostAnswers } from "./host-resolvers.js";
import { collectStored } from "./stored.js";

/** @import { Host } from "./host.js" */
/** @import { AuditInput, Report } from "./types/component.d.ts" */

/** Questions lead to questions (an include includes); more rounds than this are a mistake. */
const MAX_ROUNDS = 64;

/**
 * Reads openclaw.json and everything that its routes depend on.
 * @param {Host} host
 * @param {string} [configPath] That of the host if left out.
 * @returns {Promise<{ input: AuditInput, report: Report }>}
 * @throws {Error} If the file is there and cannot be read.
 */
export async function auditFile(host, configPath = host.configPath()) {
  return auditText(host, configPath, (await readDocument(configPath)) ?? "");
}

/**
 * The report on the configuration in force: the component's on the file, and where OpenClaw itself leads its slots.
 * @param {Host} host
 * @param {string} [configPath] That of the host if left out.
 * @returns {Promise<{ input: AuditInput, report: Report }>}
 * @throws As {@link auditFile}.
 */
export const judgeFile = async (host, configPath) => withHostAnswers(host, await auditFile(host, configPath));

/**
 * Audits a text as if it were at that path.
 * @param {Host} host
 * @param {string} configPath
 * @param {string} document
 * @returns {Promise<{ input: AuditInput, report: Report }>}
 */
export async function auditText(host, configPath, document) {
  /** @type {AuditInput} */
  const input = {
    document,
    files: [],
    variables: [],
    backups: await backupsOf(configPath),
    openclaw: openclawOf(host),
    ...(await collectStored(host)),
    notAsked: [],
  };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = ask((component) => component.config.audit(input));
    if (outcome.tag === "report") return { input, report: outcome.val };
    for (const question of outcome.val) {
      if (question.tag === "variable") {
        input.variables.push({ name: question.val, value: process.env[question.val] });
      } else {
        // A question that comes again was answered in a way that does not help.
        const again = input.files.some(({ path }) => path === question.val);
        input.files.push({ path: question.val, text: again ? undefined : await readIncluded(configPath, question.val) });
      }
    }
  }
  throw new Failure(`${configPath}: the audit asks for more and more files`, "openclaw config validate");
}

/**
 * A report in one line for people, as the helper's `audit` says it.
 * @param {Report} report
 */
export const lineOf = ({ closed, summary }) => `${closed ? "closed" : "open"}: ${summary}`;

/**
 * The OpenClaw that reads the file, before it is asked anything.
 * @param {Host} host
 */
function openclawOf(host) {
  // One that does not say it is one that nothing is known of.
  return { version: host.version() ?? "unknown", schemaKnown: false };
}

/**
 * The copies that OpenClaw may put in place of the file by itself.
 * @param {string} configPath
 */
async function backupsOf(configPath) {
  const name = basename(configPath);
  /** @type {string[]} */
  let names = [];
  try {
    names = await readdir(dirname(configPath));
  } catch {
    // No folder, no copies.
  }
  const copies = names.filter(
    (entry) =>
      entry === `${name}.last-good` || (/^\.bak(\.\d+)?$/.test(entry.slice(name.length)) && entry.startsWith(name)),
  );
  return Promise.all(
    copies.sort().map(async (entry) => {
      const path = join(dirname(configPath), entry);
      return { path, text: await readBackup(path) };
    }),
  );
}
