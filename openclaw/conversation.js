// @ts-check
// Names for conversations. A proxy that resumes a conversation sends on only what is new in it, so a name holds for a
// segment in which messages were only added; where an older message is not what it was (the history was compacted, pruned
// or edited, a turn failed, the Gateway was restarted), a new name begins, and everything is sent again, once.

import { createHash, randomUUID } from "node:crypto";

/** Conversations that are remembered; the one that was silent longest is forgotten, which costs it a new name. */
const MOST = 500;

/**
 * @typedef {object} Segment
 * @property {string} name
 * @property {string[]} digests One for each message of the last request.
 * @property {number} results Results of tools among the messages that were there when the segment began.
 * @property {boolean | undefined} asText Whether these are sent as text; decided at the first request of the segment.
 */

/** @type {Map<string, Segment>} */
const segments = new Map();

/**
 * The segment that a request belongs to. A request that only adds messages goes on with the one before it.
 * @param {string} session OpenClaw's id of the session.
 * @param {readonly unknown[]} messages Everything that is about to be sent.
 * @returns {Segment}
 */
export function segmentFor(session, messages) {
  const digests = messages.map(digest);
  const before = segments.get(session);
  // Moved to the end: a Map keeps the order of insertion.
  segments.delete(session);
  const adds =
    before !== undefined &&
    before.digests.length < digests.length &&
    before.digests.every((known, n) => known === digests[n]);
  const segment = adds
    ? before
    : { name: `${session}:${randomUUID()}`, digests, results: messages.filter(isResult).length, asText: undefined };
  segment.digests = digests;
  segments.set(session, segment);
  for (const oldest of segments.keys()) {
    if (segments.size <= MOST) break;
    segments.delete(oldest);
  }
  return segment;
}

/**
 * The next request of this session begins a new segment: what the proxy has of the last one is not known.
 * @param {string} session
 */
export const endSegment = (session) => void segments.delete(session);

/** @param {unknown} message */
const isResult = (message) => /** @type {{ role?: unknown }} */ (message)?.role === "toolResult";

/**
 * What a message says, whatever form it is kept in: OpenClaw writes the same text as text and as a list of parts, and its
 * own notes (time, usage, cost) change between requests.
 * @param {unknown} message
 */
function digest(message) {
  const { role, content, toolCallId } = /** @type {Record<string, unknown>} */ (message ?? {});
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return createHash("sha256").update(JSON.stringify([role, toolCallId, parts])).digest("base64");
}
