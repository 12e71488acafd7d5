// @ts-check
// Does the Claude CLI claim a login? It is asked in the environment that the proxy would get, so that a key that the
// proxy never sees cannot be taken for the login.

import { ask } from "./component.js";
import { processState, update } from "./state.js";

/** @typedef {import("./types/component.d.ts").Login} Login */

/** Longest time the CLI may take, in milliseconds. */
const DEADLINE_MS = 10_000;
/** Nothing set: what the proxy may see of the environment whatever the configuration says. */
const DEFAULTS = /** @type {import("./types/component.d.ts").Settings} */ ({});

/**
 * What `claude auth status` said.
 * @param {import("./host.js").Host} host
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ code: number | null, text: string } | undefined>} Nothing where there is no CLI, or no answer in time.
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
    return { code: result.code, text: result.stdout.trim() };
  } catch {
    return undefined;
  }
}

/**
 * @param {import("./host.js").Host} host
 * @param {AbortSignal} [signal]
 * @returns {Promise<Login>}
 */
export async function claimedLogin(host, signal) {
  const seen = await claudeStatus(host, signal);
  try {
    // Logged out, the CLI answers too, with exit code 1.
    const { loggedIn } = JSON.parse(seen?.text ?? "");
    if (loggedIn === true) return "claimed";
    return loggedIn === false ? "none" : "unknown";
  } catch {
    return "unknown"; // Silence, or the form of another version.
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
  update({ cliLogin: await claimedLogin(host) });
}
