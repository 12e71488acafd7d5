// @ts-check
// One HTTP question to the proxy's address: GET, no redirects, no proxy variables, one response, then close, bounded in
// time and bytes.

import { get } from "node:http";

/** @import { Observation, Outcome, Probe } from "./types/component.d.ts" */

/** First byte of a TLS record that answers plain HTTP: alert or handshake. */
const TLS = new Set([0x15, 0x16]);

/**
 * Asks all questions, one after the other.
 * @param {string} baseUrl
 * @param {readonly Probe[]} probes
 * @param {string | undefined} key For the questions that want it; only ever of the proxy that was verified there.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Observation[]>}
 */
export async function observe(baseUrl, probes, key, signal) {
  /** @type {Observation[]} */
  const seen = [];
  for (const probe of probes) {
    const since = performance.now();
    const outcome = await once(baseUrl, probe, key, signal);
    seen.push({ id: probe.id, outcome, elapsedMs: Math.round(performance.now() - since) });
  }
  return seen;
}

/**
 * @param {string} baseUrl
 * @param {Probe} probe
 * @param {string | undefined} key
 * @param {AbortSignal} [signal]
 * @returns {Promise<Outcome>}
 */
function once(baseUrl, probe, key, signal) {
  const deadline = AbortSignal.timeout(probe.timeoutMs);
  const headers = Object.fromEntries(probe.headers);
  if (probe.withKey && key !== undefined) {
    // A server looks for it in one of the two.
    headers["x-api-key"] = key;
    headers["authorization"] = `Bearer ${key}`;
  }
  return new Promise((resolve) => {
    // An agent of its own: the global one may have been given a proxy or kept connections.
    const request = get(
      new URL(probe.path, baseUrl),
      {
        agent: false,
        headers,
        maxHeaderSize: 16 * 1024,
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      },
      (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        let size = 0;
        const finish = () => {
          resolve({
            tag: "response",
            val: {
              status: response.statusCode ?? 0,
              headers: Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
              body: Buffer.concat(chunks).subarray(0, probe.maxBody).toString("utf8"),
            },
          });
          request.destroy();
        };
        response.on("data", (/** @type {Buffer} */ chunk) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size >= probe.maxBody) finish();
        });
        response.on("end", finish);
        response.on("error", (error) => resolve(failure(error, deadline)));
      },
    );
    request.on("error", (error) => resolve(failure(error, deadline)));
  });
}

/**
 * @param {Error & { code?: string, rawPacket?: Buffer }} error
 * @param {AbortSignal} deadline
 * @returns {Outcome}
 */
function failure(error, deadline) {
  if (deadline.aborted) return { tag: "timed-out" };
  if (error.code === "ECONNREFUSED") return { tag: "refused" };
  if (error.rawPacket !== undefined && error.code?.startsWith("HPE_")) {
    if (TLS.has(error.rawPacket[0] ?? 0)) return { tag: "tls" };
    const text = error.rawPacket.subarray(0, 80).toString("latin1");
    return { tag: "not-http", val: text.replace(/[^\x20-\x7e]+/g, " ").trim() };
  }
  return { tag: "failed", val: error.message };
}
