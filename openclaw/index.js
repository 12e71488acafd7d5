// @ts-check
// The package's entry. OpenClaw imports it several times a process and calls `register` in several modes, so neither
// the import nor `register` does anything but hand over functions: no file is read, nothing is instantiated.

import { registerAudit } from "./audit.js";
import { registerCli } from "./cli.js";
import { registerGuard } from "./guard.js";
import { createHost } from "./host.js";
import { IDENTITY } from "./identity.js";
import { registerClaudeProvider } from "./provider.js";
import { registerProxyService } from "./service.js";

/** @typedef {import("openclaw/plugin-sdk/plugin-entry").OpenClawPluginApi} Api */

/**
 * The parts, in the order in which they must exist. A part that cannot be registered is logged and skipped: an exception
 * out of `register` would make OpenClaw send turns to `baseUrl` without this plugin, hence without its guard.
 * @type {ReadonlyArray<readonly [string, (host: import("./host.js").Host) => void]>}
 */
const PARTS = [
  ["guard", registerGuard],
  ["provider", registerClaudeProvider],
  ["service", registerProxyService],
  ["audit", registerAudit],
  ["command line", registerCli],
];

export default {
  id: IDENTITY.id,
  name: IDENTITY.name,
  description: IDENTITY.description,

  /** @param {Api} api */
  register(api) {
    const host = createHost(api);
    for (const [name, register] of PARTS) {
      try {
        register(host);
      } catch (error) {
        host.log("error", `the ${name} could not be registered: ${String(error)}`);
      }
    }
  },
};
