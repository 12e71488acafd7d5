// @ts-check
// The proxy's list of models: asked for when the proxy is ready, and now and then after that, for ids on the wire.

import { ask } from "./component.js";
import { readKey } from "./key-file.js";
import { observe } from "./probe.js";
import { processState, update } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { ProxyStatus } from "./state.js" */

/** A list is asked for again after this long, in milliseconds. */
const PERIOD_MS = 600_000;

/**
 * Asks for the list, unless that was done a while ago at this address.
 * @param {Host} host
 * @param {ProxyStatus | undefined} status Of a proxy that was verified.
 */
export async function refreshModelList(host, status) {
  const state = processState();
  if (!status?.baseUrl) return;
  const known = state.listedFrom === status.baseUrl && performance.now() - state.listedAt < PERIOD_MS;
  if (known) return;
  update({ listedFrom: status.baseUrl, listedAt: performance.now() });
  const probe = ask(({ chat }) => chat.modelsProbe());
  const key = status.keyFile ? readKey(status.keyFile) : undefined;
  const seen = await observe(status.baseUrl, [probe], key);
  const listing = ask(({ chat }) => chat.readModels(seen));
  if (listing.tag === "models") update({ listed: listing.val });
  else host.log("warn", `ids go to the proxy as they are known here: ${listing.val}`);
}
