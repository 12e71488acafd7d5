// @ts-check
// Answers of the model: the last one is part of the gate's decisions, the status, the log and the service's health,
// and it is written down for `claude-proxy status` and `doctor`, which run in processes of their own.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { brokenAnswersUntilReported } from "./compat.js";
import { ask } from "./component.js";
import { stateFolder } from "./helper.js";
import { IDENTITY } from "./identity.js";
import { settingsOf } from "./settings.js";
import { processState, update } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { AnswerKind } from "./types/component.d.ts" */

/**
 * @typedef {object} LastAnswer
 * @property {AnswerKind} kind
 * @property {number} atMs When, in milliseconds since 1970.
 * @property {string} model The model that was asked, in the user's spelling.
 * @property {string | null} line What the user read of a failure.
 * @property {string | null} resets When a limit ends, in the vendor's words.
 * @property {number | null} untilMs The same, in milliseconds since 1970, where the words say it.
 */

/** How many answers broke off one after the other. */
let brokenAnswers = 0;

/**
 * The model answered.
 * @param {Host} host
 * @param {string} model
 */
export function noteAnswer(host, model) {
  brokenAnswers = 0;
  note(host, { kind: "answered", atMs: Date.now(), model, line: null, resets: null, untilMs: null });
}

/**
 * A request failed.
 * @param {Host} host
 * @param {string} model
 * @param {string} text The error that OpenClaw got.
 * @returns {string} The error that it gets instead; the same text where the component leaves it to OpenClaw.
 */
export function noteFailure(host, model, text) {
  const { listed } = processState();
  const settings = settingsOf(host.config());
  const answer = ask(({ chat }, lend) =>
    chat.readFailure(lend(settings), model, listed, text, BigInt(Date.now())),
  );
  note(host, {
    kind: answer.kind,
    atMs: Date.now(),
    model,
    line: answer.line ?? null,
    resets: answer.resets ?? null,
    untilMs: answer.untilMs === undefined ? null : Number(answer.untilMs),
  });
  const isBroken = answer.kind === "broken-off";
  brokenAnswers = isBroken ? brokenAnswers + 1 : 0;
  return (isBroken && brokenAnswers < brokenAnswersUntilReported(host.version()) ? undefined : answer.line) ?? text;
}

/**
 * @param {Host} host
 * @param {LastAnswer} answer
 */
function note(host, answer) {
  const before = processState().answer;
  update({ answer });
  // A conversation that goes well is not news, and not worth a write.
  if (before?.kind === answer.kind && answer.kind === "answered" && answer.atMs - before.atMs < QUIET_MS) return;
  try {
    write(host, answer);
  } catch (error) {
    host.log("warn", `the last answer could not be written down: ${String(error)}`);
  }
}

/** The same good answer is written down again after this long, in milliseconds. */
const QUIET_MS = 60_000;

/**
 * @param {Host} host
 * @param {LastAnswer} answer
 */
function write(host, answer) {
  const { port } = settingsOf(host.config());
  const folder = stateFolder(host);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `answer-${port}.json`);
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(answer)}\n`, { mode: 0o600, flag: "w" });
  renameSync(beside, path);
}

/** What the service says of the last answer; nothing where it was a good one. */
export function problemOf(/** @type {LastAnswer | undefined} */ answer) {
  return answer?.line?.replace(`${IDENTITY.id}: `, "");
}
