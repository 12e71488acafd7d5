// @ts-check
// The status of this process, for the Gateway's method and the commands.

import { isDeepStrictEqual } from "node:util";

import { ask } from "./component.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { auditedOf } from "./report.js";
import { guardOff, readSettings, settingsOf } from "./settings.js";
import { snapshotOf } from "./snapshot.js";
import { processState } from "./state.js";

/** @import { Host } from "./host.js" */
/** @import { AuditInput, Settings } from "./types/component.d.ts" */

/**
 * The status of this process, in the shape of `claude-proxy status --json`.
 * @param {Host} host
 */
export async function statusObject(host) {
  const settings = settingsOf(host.config());
  const { audited, unread } = await auditedOf(host).then(
    (audited) => ({ audited, unread: undefined }),
    (error) => ({ audited: undefined, unread: messageOf(error) }),
  );
  const closed = audited?.report.closed;
  const { status, statusAt, reloading, requests, answer } = processState();
  const fileInForce = audited === undefined ? null : isInForce(audited.input, settings);
  const file = { closed, unread, inForce: fileInForce ?? undefined };
  const { next } = ask(({ runtime }, lend) => runtime.assess(lend(settings), snapshotOf(status, 0), file));
  return {
    state: status?.state ?? "stopped",
    sinceMs: typeof status?.sinceMs === "number" ? Math.round(status.sinceMs + performance.now() - statusAt) : null,
    pid: status?.pid ?? null,
    restarts: status?.restarts ?? 0,
    lastExit: status?.lastExit ?? null,
    listen: status?.listen ?? { host: settings.host, port: settings.port },
    owner: status?.owner ?? null,
    login: status?.login ?? "unknown",
    closed: closed ?? null,
    next: next ?? null,
    detail: status?.detail ?? null,
    answer: answer ?? null,
    reloading,
    fileInForce,
    guard: {
      mode: settings.guard,
      permitted: guardOff(host.config()) === undefined,
      failure: requests?.failure ?? null,
      stopped: requests?.stopped ?? null,
    },
    version: IDENTITY.version,
  };
}

/**
 * Whether the settings in the file are the ones in use: OpenClaw refuses a reload while a turn is being answered, and
 * does not try again by itself.
 * @param {AuditInput} input
 * @param {Settings} settings In use.
 * @returns {boolean | null} Null where it is unknown: OpenClaw puts included files into the one that includes them, so
 *   its own text is not the whole.
 */
function isInForce({ document, files }, settings) {
  if (files.length > 0) return null;
  try {
    return isDeepStrictEqual(readSettings(document), settings);
  } catch {
    return null;
  }
}
