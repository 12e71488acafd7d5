// @ts-check
// The report on the configuration, wherever somebody may look: the Gateway's log, its health, two RPC methods (that of the
// audit judges anew with `{"fresh": true}`), and a collector for OpenClaw's own security audit (which does not call those
// of installed plugins in 2026.9.6).

import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { auditFile, lineOf } from "./document.js";
import { auditedOf, judge } from "./report.js";
import { statusObject } from "./status.js";

/** @import { Api, Host } from "./host.js" */
/** @import { Severity } from "./types/component.d.ts" */

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
    gatewayMethod(async ({ fresh }) => (await (fresh === true ? judge(host) : auditedOf(host))).report),
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
 * Audits the file and says the report in the log.
 * @param {Host} host
 * @returns {Promise<string | undefined>} What is wrong, in one line; nothing where the configuration is closed.
 */
export async function logReport(host) {
  const { report } = await judge(host);
  const line = `configuration is ${lineOf(report)}`;
  if (!report.closed) {
    const error = `${line}. Close it: openclaw ${IDENTITY.command} audit --fix`;
    host.log("error", error);
    return error;
  }
  host.log("info", `${line}. Details: openclaw ${IDENTITY.command} audit`);
  return undefined;
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
