// Loaded before a program of Node (`--import`): every name that is looked up and is not this machine, and every address of
// another machine that is dialled, is written to a file and refused.
import dns from "node:dns";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import os from "node:os";
import { isMainThread } from "node:worker_threads";

// The thread in which OpenClaw asks vendors for their lists of models, and nothing else.
const mark = !isMainThread && /prepared-model-catalog\.worker\.m?js$/u.test(process.argv[1] ?? "") ? "list of models: " : "";
const record = process.env.PROVE_NAMES;
const isHere = (host) =>
  !host || host === "localhost" || host === os.hostname() || /^(?:127\.|::1$|::ffff:(?:127\.|7f[0-9a-f]{2}:)|0\.0\.0\.0$|::$)/u.test(host);

/** The error of a name that leads nowhere, written down. */
function refused(host) {
  fs.appendFileSync(record, `${mark}${host}\n`);
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND", errno: -3008, syscall: "getaddrinfo", hostname: host });
}

if (record) {
  for (const holder of [dns, dns.Resolver.prototype]) {
    for (const name of Object.keys(holder).filter((key) => /^(?:lookup|resolve)/u.test(key))) {
      const former = holder[name];
      if (typeof former !== "function") continue;
      holder[name] = function (host, ...rest) {
        const done = rest.at(-1);
        if (isHere(host) || typeof done !== "function") return former.call(this, host, ...rest);
        const error = refused(host);
        process.nextTick(done, error);
        return undefined;
      };
    }
  }
  for (const holder of [dns.promises, dns.promises.Resolver.prototype]) {
    for (const name of Object.keys(holder).filter((key) => /^(?:lookup|resolve)/u.test(key))) {
      const former = holder[name];
      if (typeof former === "function") holder[name] = function (host, ...rest) {
        return isHere(host) ? former.call(this, host, ...rest) : Promise.reject(refused(host));
      };
    }
  }
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const first = Array.isArray(args[0]) ? args[0][0] : args[0];
    const host = typeof first === "object" && first !== null ? first.host : typeof args[1] === "string" ? args[1] : undefined;
    if (typeof host === "string" && net.isIP(host) && !isHere(host)) {
      const error = refused(host);
      process.nextTick(() => this.destroy(error));
      return this;
    }
    return connect.apply(this, args);
  };
  syncBuiltinESMExports();
}
