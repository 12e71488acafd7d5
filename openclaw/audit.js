// @ts-check
// The verdict on the configuration, wherever somebody may look: the Gateway's log, its health, two RPC methods (that of the
// audit judges anew with `{"fresh": true}`), and a collector for OpenClaw's own security audit (which does not call those
// of installed plugins in 2026.9.6).

import { isDeepStrictEqual } from "node:util";

import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { ask } from "./component.js";
import { auditFile } from "./document.js";
import { guardOff, readSettings, settingsOf } from "./settings.js";
import { snapshotOf } from "./snapshot.js";
import { processState } from "./state.js";
import { judge, verdictOf } from "./verdict.js";

/** @import { Api, Host } from "./host.js" */
/** @import { AuditInput, Settings, Severity } from "./types/component.d.ts" */

/** @type {Record<Severity, "critical" | "warn" | "info">} */
const SEVERITIES = { leak: "critical", undecided: "critical", exposure: "warn", note: "info" };

/** @param {Host} host */
export function registerAudit(host) {
  const { api } = host;
  const reader = { scope: /** @type {const} */ ("operator.read") };
  api.registerGatewayMethod(
    `${IDENTITY.command}.status`,
    gatewayMethod(() => statusObject(host)),
    reader,
  );
  api.registerGatewayMethod(
    `${IDENTITY.command}.audit`,
    gatewayMethod(async ({ fresh }) => (await (fresh === true ? judge(host) : verdictOf(host))).report),
    reader,
  );
  api.registerSecurityAuditCollector(async ({ configPath }) => {
    const { report } = await auditFile(host, configPath);
    return report.findings.map((finding) => ({
      checkId: `${IDENTITY.id}.${finding.code}`,
      severity: SEVERITIES[finding.severity],
      title: finding.path === "" ? finding.message : `${finding.path}: ${finding.message}`,
      detail: finding.leadsTo === "" ? finding.message : `${finding.message} It leads to ${finding.leadsTo}.`,
      remediation: finding.fix,
    }));
  });
}

/**
 * Audits the file and says the verdict in the log.
 * @param {Host} host
 * @returns {Promise<string | undefined>} What is wrong, in one line; nothing where the configuration is closed.
 */
export async function logVerdict(host) {
  const { report } = await judge(host);
  const line = `configuration is ${report.summary}`;
  if (!report.closed) {
    host.log("error", line);
    return line;
  }
  host.log("info", `${line}. Details: openclaw ${IDENTITY.command} audit`);
  return undefined;
}

/**
 * The status of this process, in the shape of `claude-proxy status --json`.
 * @param {Host} host
 */
export async function statusObject(host) {
  const settings = settingsOf(host.config());
  const { verdict, unread } = await verdictOf(host).then(
    (verdict) => ({ verdict, unread: undefined }),
    (error) => ({ verdict: undefined, unread: messageOf(error) }),
  );
  const closed = verdict?.report.closed;
  const { status, statusAt, reloading, requests, answer } = processState();
  const fileInForce = verdict === undefined ? null : isInForce(verdict.input, settings);
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

/**
 * A Gateway method out of a function: OpenClaw must get an answer whatever happens.
 * @param {(params: Record<string, unknown>) => Promise<unknown>} work
 * @returns {Parameters<Api["registerGatewayMethod"]>[1]}
 */
function gatewayMethod(work) {
  return async ({ params, respond }) => {
    try {
      respond(true, await work(params ?? {}), undefined);
    } catch (error) {
      const message = messageOf(error);
      respond(false, undefined, { code: "UNAVAILABLE", message });
    }
  };
}
