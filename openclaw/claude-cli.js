// @ts-check
// The Claude login: what the Claude CLI says of it, and the headless token. The CLI is asked in the environment that the
// proxy would get, so that a key that the proxy never sees cannot be taken for the login.

import { ask } from "./component.js";
import { processState, update } from "./state.js";

/** Longest time the CLI may take, in milliseconds. */
const DEADLINE_MS = 10_000;
/** Nothing set: what the proxy may see of the environment whatever the configuration says. */
const DEFAULTS = /** @type {import("./types/component.d.ts").Settings} */ ({});

/**
 * The answer of `claude auth status`.
 * @param {import("./host.js").Host} host
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./types/component.d.ts").AuthStatus | undefined>} Nothing where there is no CLI, or no answer in time.
 */
export async function claudeStatus(host, signal) {
  try {
    const { inherit } = ask(({ provider }, lend) => provider.launch(lend(DEFAULTS), Object.keys(process.env)));
    const result = await host.runner()(["claude", "auth", "status"], {
      timeoutMs: DEADLINE_MS,
      signal,
      input: "",
      baseEnv: {},
      env: Object.fromEntries(inherit.map((/** @type {string} */ name) => [name, process.env[name]])),
      killProcessTree: true,
      maxOutputBytes: 64 * 1024,
    });
    return { code: result.code ?? undefined, output: result.stdout };
  } catch {
    return undefined;
  }
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
