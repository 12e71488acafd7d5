// @ts-check
// Programs that are run for what they print, as the component asks, the Claude CLI first of all: in the environment that the
// proxy would get, so that a key that the proxy never sees cannot be taken for the login.

import { ask } from "./component.js";
import { messageOf } from "./errors.js";
import { processState, update } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { ProgramAnswer, ProgramOutput, ProgramQuestion } from "./types/component.d.ts" */

/** Nothing set: what the proxy may see of the environment whatever the configuration says. */
const DEFAULTS = /** @type {import("./types/component.d.ts").Settings} */ ({});
/** The questions about the login, and about the version of OpenClaw, which says it itself. */
const LOGIN = "claude-login";
const OPENCLAW = "openclaw";

/**
 * @param {Host} host
 * @param {ProgramQuestion} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<ProgramAnswer>}
 */
async function askProgram(host, { id, command, timeoutMs }, signal) {
  try {
    const { inherit } = ask(({ provider }, lend) => provider.launch(lend(DEFAULTS), Object.keys(process.env)));
    // This program is a Node.js, wherever it was started from.
    const words = command[0] === "node" ? [process.execPath, ...command.slice(1)] : command;
    const { code, stdout, stderr } = await host.runner()(words, {
      timeoutMs,
      signal,
      input: "",
      baseEnv: {},
      env: inherited(inherit),
      killProcessTree: true,
      maxOutputBytes: 64 * 1024,
    });
    return { id, outcome: { tag: "ok", val: { code: code ?? undefined, output: stdout, errors: stderr } } };
  } catch (error) {
    return { id, outcome: { tag: "err", val: `\`${command[0]}\` gave no answer: ${messageOf(error)}` } };
  }
}

/**
 * The variables of the environment that a program gets, where they are set.
 * @param {readonly string[]} names
 * @returns {Record<string, string>}
 */
export const inherited = (names) =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));

/**
 * The answers to the questions of the component's doctor.
 * @param {Host} host
 */
export const askPrograms = (host) =>
  Promise.all(
    ask(({ doctor }) => doctor.questions())
      .filter(({ id }) => id !== OPENCLAW)
      .map((question) => askProgram(host, question)),
  );

/**
 * What the Claude CLI says of the login.
 * @param {Host} host
 * @param {AbortSignal} [signal]
 * @returns {Promise<ProgramOutput | undefined>} Nothing where there is no CLI, or no answer in time.
 */
export async function claudeStatus(host, signal) {
  const question = ask(({ doctor }) => doctor.questions()).find(({ id }) => id === LOGIN);
  const answer = question && (await askProgram(host, question, signal));
  return answer?.outcome.tag === "ok" ? answer.outcome.val : undefined;
}

/**
 * Asks the CLI again where its last word is older than this, in milliseconds; otherwise does nothing.
 * @param {import("./host.js").Host} host
 * @param {number} age
 */
export async function refreshLogin(host, age) {
  if (performance.now() - processState().cliLoginAt < age) return;
  update({ cliLoginAt: performance.now() });
  const status = await claudeStatus(host);
  update({ cliLogin: ask(({ auth }) => auth.judgeLogin(status)) });
}

/**
 * What can be seen of the headless token of this process without telling its value.
 * @returns {import("./types/component.d.ts").FlowOptions["token"]}
 */
export const tokenState = () => ask(({ auth }) => auth.judgeToken(process.env["CLAUDE_CODE_OAUTH_TOKEN"]));
