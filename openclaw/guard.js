// @ts-check
// The guard: a run whose provider is not ours is stopped before a byte leaves, and so is a tool call that names a
// foreign model, or of a tool that chooses a service by itself where the audit has not closed its slot. It holds when the
// component is missing or broken: what cannot be decided is stopped.

import { ask, reasonOf } from "./component.js";
import { withTimeout } from "./timeout.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { settingsOf } from "./settings.js";
import { processState } from "./state.js";
import { openToolsOf } from "./report.js";

/** @import { Host } from "./host.js" */
/** @import { Component, GuardDecision, OwnSettings, ToolCall } from "./types/component.d.ts" */

/** Longest time that a tool call waits for the report on the configuration, in milliseconds. */
const REPORT_TIMEOUT_MS = 10_000;

/** @param {Host} host */
export function registerGuard(host) {
  host.api.on("before_agent_run", (_event, context) => {
    const reason = refusal(host, ({ runtime }, settings) =>
      runtime.guard(settings, {
        provider: context?.modelProviderId,
        model: context?.modelId,
        trigger: context?.trigger ?? "",
        origin: context?.sessionKey ?? "",
      }),
    );
    return reason === undefined ? undefined : { outcome: "block", reason, message: reason };
  });
  host.api.on("before_tool_call", async (event) => {
    const decide = (/** @type {string[] | undefined} */ openTools) =>
      refusal(host, ({ runtime }, settings) => runtime.guardTool(settings, toolCall(event, openTools)));
    let reason = decide(undefined);
    if (reason !== undefined) {
      // Few calls need the report.
      const openTools = await withTimeout(REPORT_TIMEOUT_MS, () => openToolsOf(host)).catch(() => undefined);
      if (openTools !== undefined) reason = decide(openTools);
    }
    return reason === undefined ? undefined : { block: true, blockReason: reason };
  });
}

/**
 * What decides of a tool call, and nothing of what it carries: a text that no JSON may hold, or one of a thousand levels,
 * is the tool's own business.
 * @param {{ toolName: string, params?: unknown }} event
 * @param {string[] | undefined} openTools
 * @returns {ToolCall}
 */
function toolCall({ toolName, params }, openTools) {
  const { model, provider } = /** @type {Record<string, unknown>} */ (params ?? {});
  return { tool: toolName, model: textOrNothing(model), provider: textOrNothing(provider), openTools };
}

/** @param {unknown} value */
const textOrNothing = (value) => (typeof value === "string" ? value : undefined);

/**
 * @param {Host} host
 * @param {(component: Component, settings: OwnSettings) => GuardDecision} decide
 * @returns {string | undefined} Why it is stopped; nothing if it may go on.
 */
function refusal(host, decide) {
  const failure = processState().requests?.failure;
  if (failure !== undefined) return `${IDENTITY.id}: nothing was sent: ${failure}`;
  try {
    const settings = settingsOf(host.config());
    return reasonOf(ask((component, lend) => decide(component, lend(settings))));
  } catch (error) {
    host.log("error", `a run or a tool call was stopped: ${messageOf(error)}`);
    return `${IDENTITY.id}: nothing was sent: ${messageOf(error)}`;
  }
}
