// @ts-check
// The audit's report on the configuration, made once and kept: whoever asks for the status gets it without an audit. It
// is made anew when the configuration in force or one of its files is not the one that was judged.

import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { judgeFile } from "./document.js";
import { buildId } from "./integrity.js";
import { processState, update } from "./state.js";

/** @typedef {import("./host.js").Host} Host */

/**
 * @typedef {object} Audited
 * @property {import("./types/component.d.ts").AuditInput} input What was judged.
 * @property {import("./types/component.d.ts").Report} report
 */

/**
 * A report that is being made, or was, and on what.
 * @typedef {object} Audit
 * @property {string} build Of the component that judges.
 * @property {object} config In force when it began.
 * @property {Promise<Audited>} audited
 * @property {Promise<string>} files The files as they were then.
 * @property {Promise<Audited>} inForce What was found first since OpenClaw took up the configuration in force: then it
 *   was that of the files.
 */

/**
 * The report on the files as they are.
 * @param {Host} host
 * @returns {Promise<Audited>}
 * @throws {Error} If the file cannot be read, or nothing can be decided.
 */
export async function auditedOf(host) {
  const { audit } = processState();
  if (audit === undefined || audit.build !== buildId() || audit.config !== host.config()) return judge(host);
  const audited = await audit.audited;
  const now = await fingerprint(host.configPath(), dependenciesOf(audited));
  return now === (await audit.files) ? audited : judge(host);
}

/**
 * Judges the files, whatever is known of them.
 * @param {Host} host
 * @returns {Promise<Audited>}
 * @throws As {@link auditedOf}.
 */
export async function judge(host) {
  const path = host.configPath();
  const main = fileFingerprint(path);
  const audited = judgeFile(host, path);
  // Taken of the file before it was read and of the others after: a change between is found out at the next look.
  const files = audited.then(async (found) => `${await main} ${await fingerprintsOf(path, dependenciesOf(found))}`);
  files.catch(() => {}); // Said by the audit.
  const before = processState().audit;
  const audit = { build: buildId(), config: host.config(), audited, files, inForce: audited };
  if (before?.build === audit.build && before.config === audit.config) audit.inForce = before.inForce;
  update({ audit });
  try {
    const found = await audited;
    update({ closed: found.report.closed });
    return found;
  } catch (error) {
    // Nothing to keep.
    if (processState().audit === audit) update({ audit: undefined, closed: false });
    throw error;
  }
}

/**
 * The tools whose slots are open, in the files or in the configuration in force: OpenClaw refuses a reload while a turn is
 * being answered, and runs the tools of what it took up before.
 * @param {Host} host
 * @returns {Promise<string[]>}
 * @throws As {@link auditedOf}.
 */
export async function openToolsOf(host) {
  const { input, report } = await auditedOf(host);
  const inForce = await processState().audit?.inForce;
  const same = inForce === undefined || isDeepStrictEqual(textsOf(inForce.input), textsOf(input));
  return same ? report.openTools : [...report.openTools, ...inForce.report.openTools];
}

/** @param {Audited["input"]} input */
const textsOf = ({ document, files }) => ({ document, files });

/** @typedef {ReadonlyArray<{ path: string }>} Included */

/**
 * The files behind a report, besides the configuration. What OpenClaw has in databases changes with every turn, and is
 * read again with the next report.
 * @param {Audited} audited
 */
const dependenciesOf = ({ input }) => [...input.files, ...input.storedFiles];

/**
 * @param {string} configPath
 * @param {Included} included
 */
const fingerprint = async (configPath, included) => `${await fileFingerprint(configPath)} ${await fingerprintsOf(configPath, included)}`;

/**
 * @param {string} configPath
 * @param {Included} included
 */
async function fingerprintsOf(configPath, included) {
  const folder = dirname(configPath);
  return (await Promise.all(included.map(({ path }) => fileFingerprint(resolve(folder, path))))).join(" ");
}

/**
 * What changes when a file does.
 * @param {string} path
 */
async function fileFingerprint(path) {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch {
    return "none";
  }
}
