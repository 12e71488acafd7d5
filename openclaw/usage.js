// @ts-check
// How much of the plan is used, in the form in which OpenClaw shows a provider's usage (`openclaw status --usage`,
// `/usage`). The component says what to ask the proxy and reads the answer. A host without these hooks ignores them.

import { ask } from "./component.js";
import { currentStatus } from "./helper.js";
import { IDENTITY } from "./identity.js";
import { readKey } from "./key-file.js";
import { observe } from "./probe.js";
import { settingsOf } from "./settings.js";

/** @import { Host } from "./host.js" */
/** @import { ProviderPlugin } from "openclaw/plugin-sdk/plugin-entry" */

/**
 * @param {Host} host
 * @returns {Pick<ProviderPlugin, "resolveUsageAuth" | "fetchUsageSnapshot">}
 */
export function usageHooks(host) {
  return {
    // Nothing of the user's is given away: the real key is read where it is sent. Where there is nobody to ask, OpenClaw
    // is to look for no other credential either.
    resolveUsageAuth: async ({ config }) =>
      (await verified(host, config)) === undefined
        ? { handled: true }
        : { token: ask(({ provider }) => provider.describe()).placeholderKey },
    fetchUsageSnapshot: async ({ config, provider, signal }) => ({
      provider,
      displayName: IDENTITY.name,
      windows: await windows(host, config, signal),
    }),
  };
}

/**
 * The status of a proxy that was verified; nothing where there is none.
 * @param {Host} host
 * @param {object} config
 */
async function verified(host, config) {
  const status = await currentStatus(host, settingsOf(config).port);
  return status?.baseUrl ? { baseUrl: status.baseUrl, keyFile: status.keyFile } : undefined;
}

/**
 * @param {Host} host
 * @param {object} config
 * @param {AbortSignal | undefined} signal
 */
async function windows(host, config, signal) {
  const status = await verified(host, config);
  const settings = settingsOf(config);
  const probe = ask(({ quota }, lend) => quota.quotaProbe(lend(settings)));
  if (status === undefined || probe === undefined) return [];
  const key = status.keyFile ? readKey(status.keyFile) : undefined;
  const seen = await observe(status.baseUrl, [probe], key, signal);
  const usage = ask(({ quota }) => quota.readQuota(seen, BigInt(Date.now())));
  return (usage?.windows ?? []).flatMap(({ label, usedPercent, resetsAtMs }) =>
    usedPercent === undefined
      ? []
      : [{ label, usedPercent, ...(resetsAtMs === undefined ? {} : { resetAt: Number(resetsAtMs) }) }],
  );
}
