// @ts-check
// A real turn through the proxy as a check: the helper sends and judges it, this asks first. It costs a little of the plan.

import { createInterface } from "node:readline/promises";

import { ask } from "./component.js";
import { Failure, hint, messageOf } from "./errors.js";
import { askHelper, helperStatus, locationArgs } from "./helper.js";
import { settingsOf } from "./settings.js";

/** @typedef {import("./host.js").Host} Host */

/** Longest time that a turn with all its requests may take, in milliseconds. */
const DEADLINE_MS = 400_000;
const MARKS = { pass: "✓", warn: "!", fail: "✗", unknown: "?" };

/**
 * What is asked before a turn is sent.
 * @param {object} config
 */
export function costMessage(config) {
  const model = settingsOf(config).models[0] ?? "";
  return ask(({ turn }) => turn.cost(model));
}

/**
 * Asks at the terminal, for a command whose helper has none: OpenClaw reads what it prints.
 * @param {Host} host
 * @returns {Promise<boolean>}
 */
export async function confirmAtTerminal(host) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${costMessage(host.config())} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

/**
 * Offers a turn at the end of a login, where a proxy answers; by default none is sent.
 * @param {Host} host
 * @param {object} config The configuration that was written.
 * @param {import("./host.js").Prompter} prompter
 */
export async function offerTurn(host, config, prompter) {
  const { port } = settingsOf(config);
  const status = await helperStatus(host, port);
  if (!status?.baseUrl) return;
  if (!(await prompter.confirm({ message: costMessage(config), initialValue: false }))) return;
  const progress = prompter.progress("A turn is sent");
  const lines = await runTurnCheck(host, port).catch(messageOf);
  progress.stop("The turn has ended");
  await prompter.note(lines, "A real turn");
}

/**
 * @param {Host} host
 * @param {number} port
 * @returns {Promise<string>} One line a check.
 */
async function runTurnCheck(host, port) {
  const args = ["doctor", "--turn", "--yes", "--json", "--port", String(port), ...locationArgs(host)];
  const stdout = await askHelper(host, args, DEADLINE_MS);
  /** @type {{ checks: Array<{ id: string, status: keyof typeof MARKS, title: string, detail: string, fix: string | null }> }} */
  const { checks } = stdout.trim().startsWith("{") ? JSON.parse(stdout) : {};
  if (!Array.isArray(checks)) throw new Failure("the check ended without a result", "claude-proxy doctor --turn");
  return checks
    .filter(({ id }) => id.startsWith("turn-"))
    .map(({ status, title, detail, fix }) => {
      const line = `${MARKS[status]} ${title}: ${detail}`;
      return fix === null || status === "pass" ? line : `${line}\n  ${hint(fix)}`;
    })
    .join("\n");
}
