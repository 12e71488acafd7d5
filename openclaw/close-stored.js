// @ts-check
// The commands of OpenClaw that close what it has stored.

import { messageOf } from "./errors.js";

/** @typedef {import("./host.js").Host} Host */

/** Longest time that one command of OpenClaw may take, in milliseconds. */
const COMMAND_MS = 60_000;

/**
 * Closes what is stored, as far as OpenClaw has a command for it.
 * @param {Host} host
 * @param {import("./report.js").Audited} audited
 * @param {(line: string) => void} report
 */
export async function closeStored(host, { report: { commands } }, report) {
  for (const command of commands) {
    const shown = `openclaw ${command.join(" ")}`;
    try {
      const argv = [process.execPath, process.argv[1] ?? "", ...command];
      const { code, stderr } = await host.runner()(argv, { timeoutMs: COMMAND_MS, input: "", killProcessTree: true });
      const why = stderr.trim().split("\n").at(-1);
      report(code === 0 ? `Done: ${shown}` : `Not done: ${shown} (${why || `exit code ${code}`})`);
    } catch (error) {
      report(`Not done: ${shown} (${messageOf(error)})`);
    }
  }
}
