// @ts-check
// The supervisor's status in the component's terms.

import { isServing, processState } from "./state.js";

/** @import { ProxyStatus } from "./state.js" */
/** @import { Snapshot } from "./types/component.d.ts" */

/**
 * @param {ProxyStatus | undefined} status
 * @param {number} waitedMs How long the turn has waited.
 * @returns {Snapshot}
 */
export function snapshotOf(status, waitedMs) {
  const { reloading, served, cliLogin } = processState();
  return {
    state: status?.state,
    baseUrl: status?.baseUrl ?? undefined,
    login: status?.login ?? "unknown",
    cliLogin,
    detail: status?.detail ?? "",
    next: status?.next ?? undefined,
    code: status?.verdict?.code,
    lastOutputLine: status?.lastOutputLine ?? undefined,
    waitedMs: Math.min(Math.trunc(waitedMs), 0xffffffff),
    answer: lastAnswer(),
    reloading: reloading || (isServing() && !served),
  };
}

/** What came back from the model last, in the component's terms. */
function lastAnswer() {
  const { answer } = processState();
  if (answer === undefined) return undefined;
  const now = Date.now();
  return {
    kind: answer.kind,
    line: answer.line ?? undefined,
    model: answer.model,
    ageMs: BigInt(Math.max(0, now - answer.atMs)),
    endsInMs: answer.untilMs === null ? undefined : BigInt(Math.max(0, answer.untilMs - now)),
  };
}
