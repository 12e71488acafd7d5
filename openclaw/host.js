// @ts-check
// What the parts use of OpenClaw, under names of their own. Everything is looked up when it is used: `api.runtime` may
// not be touched in every registration mode, and the configuration in force changes.

import { runnerOf } from "./compat.js";
import { IDENTITY } from "./identity.js";
import { packageRoot } from "./integrity.js";
import { configPathOf } from "./location.js";
import { helperPath } from "./platform.js";

/** @typedef {import("openclaw/plugin-sdk/plugin-entry").OpenClawPluginApi} Api */
/** @typedef {import("openclaw/plugin-sdk/plugin-entry").OpenClawConfig} Config */
/** @typedef {import("openclaw/plugin-sdk/plugin-entry").ProviderAuthContext["prompter"]} Prompter */
/** @typedef {"config-runtime" | "agent-runtime" | "model-session-runtime"} SdkName */
/** @typedef {"info" | "warn" | "error"} Level */

/**
 * @typedef {object} Host
 * @property {Api} api OpenClaw's own interface, for registrations.
 * @property {(level: Level, text: string) => void} log One line in the Gateway's log, never throws.
 * @property {() => Config} config The configuration in force.
 * @property {() => string | undefined} version That of OpenClaw; nothing where it does not say.
 * @property {(name: SdkName) => Promise<Record<string, Function | undefined>>} sdk What a part of OpenClaw's public SDK
 *   exports; nothing where this OpenClaw has no such part.
 * @property {() => string} stateDir OpenClaw's state directory.
 * @property {() => string} configPath Path of openclaw.json.
 * @property {() => ReturnType<typeof runnerOf>} runner Starts programs.
 * @property {() => string} helper Path of the native helper; throws where there is none, or an altered one.
 */

/**
 * Imported when they are asked for: they are large, and not every version has them.
 * @type {Record<SdkName, () => Promise<any>>}
 */
const SDK = {
  "config-runtime": () => import("openclaw/plugin-sdk/config-runtime"),
  "agent-runtime": () => import("openclaw/plugin-sdk/agent-runtime"),
  "model-session-runtime": () => import("openclaw/plugin-sdk/model-session-runtime"),
};

/**
 * @param {Api} api
 * @returns {Host}
 */
export function createHost(api) {
  const stateDir = () => api.runtime.state.resolveStateDir(process.env);
  return {
    api,
    log(level, text) {
      try {
        // OpenClaw adds no plugin id to the line.
        api.logger[level](`${IDENTITY.id}: ${text}`);
      } catch {
        // A log that fails must not take anything with it.
      }
    },
    config() {
      try {
        return /** @type {Config} */ (api.runtime.config.current());
      } catch {
        return api.config;
      }
    },
    version() {
      try {
        const { version } = api.runtime;
        return typeof version === "string" ? version : undefined;
      } catch {
        return undefined;
      }
    },
    sdk: (name) => SDK[name]().catch(() => ({})),
    stateDir,
    configPath: () => configPathOf(process.env, stateDir()),
    runner: () => runnerOf(api.runtime.system.runCommandWithTimeout),
    // The installed package, which outlives this process, unlike the copy of it that OpenClaw executes.
    helper: () => helperPath(api.rootDir ?? packageRoot),
  };
}
