// @ts-check
// The supervisor's status in the component's terms.

import { isServing, processState } from "./state.js";

/** @typedef {import("./state.js").ProxyStatus} ProxyStatus */
/** @typedef {import("./types/component.d.ts").Snapshot} Snapshot */

/**
 * @param {ProxyStatus | undefined} status
 * @param {number} waitedMs How long the turn has waited.
 * @returns {Snapshot}
 */
export function snapshotOf(status, waitedMs) {
  const { reloading, served } = processState();
  return {
    state: status?.state,
    baseUrl: status?.baseUrl ?? undefined,
    login: status?.login ?? "unknown",
    detail: status?.detail ?? "",
    waitedMs: Math.min(Math.trunc(waitedMs), 0xffffffff),
    reloading: reloading || (isServing() && !served),
  };
}
