// @ts-check
// The guard: a run whose provider is not ours is stopped before a byte leaves, and so is a tool call that names a
// foreign model. It holds when the component is missing or broken: what cannot be decided is stopped.

import { ask } from "./component.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { settingsOf } from "./settings.js";
import { processState } from "./state.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./types/component.d.ts").GuardDecision} GuardDecision */
/** @typedef {import("./types/component.d.ts").Component} Component */
/** @typedef {import("./settings.js").Settings} Settings */

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
  host.api.on("before_tool_call", (event) => {
    const reason = refusal(host, ({ runtime }, settings) =>
      runtime.guardTool(settings, toolCall(event)),
    );
    return reason === undefined ? undefined : { block: true, blockReason: reason };
  });
}

/**
 * What decides of a tool call, and nothing of what it carries: a text that no JSON may hold, or one of a thousand levels,
 * is the tool's own business.
 * @param {{ toolName: string, params?: unknown }} event
 * @returns {import("./types/component.d.ts").ToolCall}
 */
function toolCall({ toolName, params }) {
  const { model, provider } = /** @type {Record<string, unknown>} */ (params ?? {});
  return { tool: toolName, model: textOrNothing(model), provider: textOrNothing(provider) };
}

/** @param {unknown} value */
const textOrNothing = (value) => (typeof value === "string" ? value : undefined);

/**
 * @param {Host} host
 * @param {(component: Component, settings: Settings) => GuardDecision} decide
 * @returns {string | undefined} Why it is stopped; nothing if it may go on.
 */
function refusal(host, decide) {
  const failure = processState().requests?.failure;
  if (failure !== undefined) return `${IDENTITY.id}: nothing was sent: ${failure}`;
  try {
    const settings = settingsOf(host.config());
    const decision = ask((component) => decide(component, settings));
    return decision.tag === "allow" ? undefined : decision.val;
  } catch (error) {
    const reason = `${IDENTITY.id}: nothing was sent: ${messageOf(error)}`;
    host.log("error", `a run or a tool call was stopped: ${messageOf(error)}`);
    return reason;
  }
}
