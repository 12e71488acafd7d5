// @ts-check
// What Node can find out about an installation, for the component's doctor. The helper finds out more; this is for
// machines that it does not run on.

import { ask } from "./component.js";
import { askPrograms, tokenState } from "./programs.js";
import { judgeFile } from "./document.js";
import { messageOf, partsOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { readKey } from "./key-file.js";
import { observe } from "./probe.js";
import { settingsOf } from "./settings.js";

/** @import { Host } from "./host.js" */
/** @import { Facts, KeyFile, Observation, Settings, Verdict } from "./types/component.d.ts" */

/** Most rounds of questions to the proxy. */
const MAX_ROUNDS = 16;
/** Why there is no fact that only the helper can find out. */
const NEEDS_HELPER = /** @type {const} */ ({ tag: "err", val: `unknown without the helper ${IDENTITY.helper}` });

/**
 * @param {Host} host
 * @param {string} noHelper Why there is no helper.
 * @returns {Promise<Facts>}
 */
export async function collectFacts(host, noHelper) {
  const settings = settingsOf(host.config());
  const plan = ask(({ provider }, lend) => provider.launch(lend(settings), Object.keys(process.env)));
  const { command: words, pinned } = plan;
  const version = host.version();
  return {
    platform: { tag: "err", val: noHelper },
    oauthToken: { tag: "ok", val: tokenState() },
    programs: await askPrograms(host),
    openclawVersion: version === undefined ? { tag: "err", val: "OpenClaw does not say it" } : { tag: "ok", val: version },
    proxy: {
      tag: "ok",
      val: {
        remoteAddress: plan.local ? undefined : plan.address,
        port: plan.port,
        command: { tag: "ok", val: { words, pinned, program: { tag: "err", val: { tag: "unknown", val: NEEDS_HELPER.val } } } },
        keyFile: settings.keyFile === null ? undefined : keyFile(settings.keyFile),
      },
    },
    portCheck: await attempt(async () => ({ verdict: await judgeListener(plan.baseUrl, settings), listener: NEEDS_HELPER, listed: [] })),
    configuration: await attempt(async () => (await judgeFile(host)).input),
    stateDir: NEEDS_HELPER,
    diskFree: NEEDS_HELPER,
    now: BigInt(Math.trunc(Date.now() / 1000)),
  };
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ tag: "ok", val: T } | { tag: "err", val: string }>}
 */
async function attempt(work) {
  try {
    return { tag: "ok", val: await work() };
  } catch (error) {
    return { tag: "err", val: messageOf(error) };
  }
}

/**
 * Whether the key of the user's own proxy can be read.
 * @param {string} path
 * @returns {KeyFile}
 */
function keyFile(path) {
  try {
    readKey(path);
    return { path };
  } catch (error) {
    const { reason, next } = partsOf(error);
    return { path, error: { reason, fix: next } };
  }
}

/**
 * What answers where the proxy should, without its key: nobody here can vouch for the listener.
 * @param {string} baseUrl
 * @param {Settings} settings
 * @returns {Promise<Verdict>}
 */
export async function judgeListener(baseUrl, settings) {
  /** @type {Observation[]} */
  const seen = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const step = ask(({ health }, lend) => health.judge(lend(settings), { tag: "unvouched" }, seen));
    if (step.tag === "judged") return step.val;
    seen.push(...(await observe(baseUrl, step.val, undefined)));
  }
  throw new Error("the probes of the proxy are inconclusive");
}
