// @ts-check
// Requests of our provider, from OpenClaw to the proxy and back. What is sent, and what an answer means, is decided by the
// component; here it is put into the request, and into what OpenClaw reads.

import { noteAnswer, noteFailure } from "./answers.js";
import { ask } from "./component.js";
import { endSegment, segmentFor } from "./conversation.js";
import { settingsOf } from "./settings.js";
import { processState } from "./state.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./types/component.d.ts").RequestPlan} RequestPlan */
/** @typedef {import("openclaw/plugin-sdk/plugin-entry").ProviderPlugin} ProviderPlugin */
/** @typedef {Parameters<NonNullable<ProviderPlugin["wrapStreamFn"]>>[0]} StreamContext */
/** @typedef {NonNullable<StreamContext["streamFn"]>} StreamFn */
/** @typedef {Awaited<ReturnType<StreamFn>>} Stream */

/**
 * The hooks of the provider that a request passes through.
 * @param {Host} host
 * @returns {Pick<ProviderPlugin, "wrapStreamFn" | "wrapSimpleCompletionStreamFn" | "buildReplayPolicy" | "classifyFailoverReason">}
 */
export function chatHooks(host) {
  return {
    wrapStreamFn: (context) => wrapStream(host, context, true),
    wrapSimpleCompletionStreamFn: (context) => wrapStream(host, context, false),
    buildReplayPolicy: ({ modelApi }) => (modelApi === "anthropic-messages" ? REPLAY : undefined),
    // The one reason for which OpenClaw shows the provider's own words, and with which it disables no credential.
    classifyFailoverReason: ({ errorMessage }) => (isLine(errorMessage) ? "rate_limit" : undefined),
  };
}

/**
 * OpenClaw's own rules for Claude, and one more: the context that it adds to each request stays where it was. Else every
 * request changes the message before the last one, and the proxy takes that for another conversation.
 * @type {NonNullable<ReturnType<NonNullable<ProviderPlugin["buildReplayPolicy"]>>>}
 */
const REPLAY = Object.freeze({
  sanitizeMode: "full",
  sanitizeToolCallIds: true,
  toolCallIdMode: "strict",
  preserveNativeAnthropicToolUseIds: true,
  preserveSignatures: true,
  appendOnlyRuntimeContext: true,
  repairToolUseResultPairing: true,
  validateAnthropicTurns: true,
  allowSyntheticToolResults: true,
});

/** Whether it is what the component said of a failure: nothing where there is no component. @param {string} text */
function isLine(text) {
  try {
    return ask(({ chat }) => chat.isLine(text));
  } catch {
    return false;
  }
}

/**
 * @param {Host} host
 * @param {StreamContext} context
 * @param {boolean} inConversation Whether the requests belong to the session's conversation, or stand alone.
 * @returns {StreamFn | undefined}
 */
function wrapStream(host, context, inConversation) {
  const send = context.streamFn;
  if (send === undefined) return undefined;
  return async (model, messages, options) => {
    const session = inConversation ? options?.sessionId : undefined;
    const segment = session === undefined ? undefined : segmentFor(session, messages.messages);
    const settings = settingsOf(context.config ?? host.config());
    const plan = ask(({ chat }, lend) =>
      chat.prepare(lend(settings), processState().listed, {
        model: model.id,
        conversation: segment?.name,
        resumed: (segment?.results ?? 0) > 0,
      }),
    );
    const before = options?.onPayload;
    const stream = await send(model, messages, {
      ...options,
      headers: { ...options?.headers, ...Object.fromEntries(plan.headers) },
      async onPayload(payload, target) {
        const changed = (await before?.(payload, target)) ?? payload;
        return applyPlan(plan, /** @type {Payload} */ (changed), segment);
      },
    });
    return observeStream(stream, {
      answered: () => noteAnswer(host, model.id),
      failed: (text) => {
        // Whether the proxy keeps a turn that failed is its own affair; the next request says everything again.
        if (session !== undefined) endSegment(session);
        return noteFailure(host, model.id, text);
      },
    });
  };
}

/**
 * A request as OpenClaw is about to send it.
 * @typedef {object} Payload
 * @property {string} model
 * @property {{ type: string } | undefined} [thinking]
 * @property {number} [max_tokens]
 * @property {Array<{ role: string, content: unknown }>} [messages]
 */

/**
 * @param {RequestPlan} plan
 * @param {Payload} payload
 * @param {import("./conversation.js").Segment | undefined} segment
 * @returns {Payload}
 */
function applyPlan(plan, payload, segment) {
  const out = { ...payload, model: plan.model };
  if (plan.thinking !== undefined && (out.thinking === undefined || out.thinking.type === "disabled")) {
    out.thinking =
      plan.thinking.tag === "adaptive"
        ? { type: "adaptive" }
        : /** @type {any} */ ({ type: "enabled", budget_tokens: Math.min(plan.thinking.val, (out.max_tokens ?? 32_000) - 1) });
  }
  if (segment !== undefined && out.messages !== undefined) {
    segment.asText ??= plan.toolResultsAsText && out.messages.some(({ content }) => hasImage(content));
    if (segment.asText) out.messages = resultsAsText(out.messages, segment.results);
  }
  return out;
}

/** @typedef {{ type?: string, text?: string, name?: string, input?: unknown, content?: unknown }} Part */

/**
 * @param {unknown} content
 * @returns {content is Part[]}
 */
const isList = (content) => Array.isArray(content);

/**
 * @param {unknown} content
 * @returns {boolean}
 */
function hasImage(content) {
  return isList(content) && content.some((part) => part.type === "image" || (part.type === "tool_result" && hasImage(part.content)));
}

/**
 * The first calls and results of tools as text.
 * @param {NonNullable<Payload["messages"]>} messages
 * @param {number} count
 */
function resultsAsText(messages, count) {
  let calls = 0;
  let results = 0;
  /** @param {Part} part @returns {Part[]} */
  const convert = (part) => {
    if (part.type === "tool_use" && calls++ < count) {
      return [{ type: "text", text: `[called ${part.name} with ${JSON.stringify(part.input)}]` }];
    }
    if (part.type !== "tool_result" || results++ >= count) return [part];
    const { content } = part;
    return isList(content) ? content : [{ type: "text", text: String(content ?? "") }];
  };
  return messages.map((message) =>
    isList(message.content) ? { ...message, content: message.content.flatMap(convert) } : message,
  );
}

/**
 * A stream whose end is seen, and whose failure says what the component says of it.
 * @param {Stream} stream
 * @param {{ answered: () => void, failed: (text: string) => string }} to
 * @returns {Stream}
 */
function observeStream(stream, to) {
  let ended = false;
  /** @param {any} message */
  const end = (message) => {
    if (ended || message === undefined) return;
    ended = true;
    if (message.stopReason === "error") message.errorMessage = to.failed(String(message.errorMessage ?? ""));
    // What the user stopped is no answer; what was sent of it is not known.
    else if (message.stopReason !== "aborted") to.answered();
  };
  const result = stream.result.bind(stream);
  const events = stream[Symbol.asyncIterator].bind(stream);
  return Object.assign(stream, {
    async result() {
      const message = await result();
      end(message);
      return message;
    },
    async *[Symbol.asyncIterator]() {
      for await (const event of { [Symbol.asyncIterator]: events }) {
        if (event.type === "error") end(event.error);
        if (event.type === "done") end(event.message);
        yield event;
      }
    },
  });
}
