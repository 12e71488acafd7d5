// @ts-check
// The gate of a turn: OpenClaw asks for the runtime credential before every run of our provider, on every kind of
// traffic. The access key and the verified address are handed out while the component says so; else the turn ends here
// with the one line that the user reads, and no byte has left.

import { refreshLogin } from "./programs.js";
import { ask } from "./component.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { readKey } from "./key-file.js";
import { refreshModelList } from "./model-list.js";
import { currentStatus } from "./helper.js";
import { settingsOf } from "./settings.js";
import { snapshotOf } from "./snapshot.js";
import { changeOrTimeout, isServing, processState } from "./state.js";

/** Whatever the component says, a turn does not wait longer than this, in milliseconds. */
const MAX_WAIT_MS = 25_000;
/** A word of the CLI that stops turns is asked for again after this long, in milliseconds: the user may have logged in. */
const STALE_REFUSAL_MS = 3_000;

/**
 * @param {import("./host.js").Host} host
 * @param {object} config The configuration in force for this run.
 * @param {string} [model] The model of the run.
 * @returns {Promise<{ apiKey: string, baseUrl: string }>}
 * @throws {Error} If nothing may be sent; the message is one line for the user.
 */
export async function openGate(host, config, model) {
  try {
    return await decide(host, config, model);
  } catch (error) {
    throw new Error(oneLine(messageOf(error)), { cause: error });
  }
}

/**
 * @param {import("./host.js").Host} host
 * @param {object} config
 * @param {string | undefined} model
 */
async function decide(host, config, model) {
  const settings = settingsOf(config);
  const since = performance.now();
  const { status: now, cliLogin } = processState();
  if (cliLogin === "none" && now?.login === "unknown") await refreshLogin(host, STALE_REFUSAL_MS);
  for (;;) {
    const status = await currentStatus(host, settings.port);
    const waitedMs = performance.now() - since;
    const decision = ask(({ runtime }, lend) => runtime.gate(lend(settings), snapshotOf(status, waitedMs), model));
    switch (decision.tag) {
      case "open":
        // A command is over before a service of its own could ask.
        if (!isServing()) await refreshModelList(host, status).catch(() => undefined);
        return { apiKey: accessKey(status), baseUrl: decision.val };
      case "refuse":
        throw new Error(decision.val);
      case "wait":
        if (waitedMs > MAX_WAIT_MS) throw new Error(`timed out waiting for the proxy (${status?.state})`);
        await changeOrTimeout(decision.val);
    }
  }
}

/**
 * The key in force. Where keys are off the supervisor names no file, and the placeholder opens nothing.
 * @param {import("./state.js").ProxyStatus | undefined} status
 */
function accessKey(status) {
  if (!status?.keyFile) return ask((component) => component.provider.describe()).placeholderKey;
  try {
    return readKey(status.keyFile);
  } catch (error) {
    throw new Error(`the proxy's key cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * What the user reads: who speaks, that nothing was sent, and why.
 * @param {string} text
 */
function oneLine(text) {
  const line = text.replace(/\s*[\r\n]+\s*/g, " ").trim();
  return line.startsWith(IDENTITY.id) ? line : `${IDENTITY.id}: nothing was sent: ${line}`;
}
