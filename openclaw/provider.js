// @ts-check
// The provider as OpenClaw knows it: names, catalog, login method and the gate of every turn.

import { ask } from "./component.js";
import { chatHooks } from "./chat.js";
import { openGate } from "./gate.js";
import { IDENTITY } from "./identity.js";
import { settingsOf } from "./settings.js";
import { usageHooks } from "./usage.js";

/** @typedef {import("./host.js").Host} Host */

/** @param {Host} host */
export function registerClaudeProvider(host) {
  host.api.registerProvider({
    id: IDENTITY.id,
    label: IDENTITY.name,
    aliases: [...IDENTITY.aliases],
    auth: [authMethod(host)],
    catalog: {
      order: "late",
      run: async (context) => ({ provider: catalog(context.config) }),
    },
    ...chatHooks(host),
    ...usageHooks(host),
    prepareRuntimeAuth: (context) => openGate(host, context.config ?? host.config(), context.modelId),
  });
}

/**
 * The login. Its code is only read when somebody logs in.
 * @param {Host} host
 * @returns {import("openclaw/plugin-sdk/plugin-entry").ProviderAuthMethod}
 */
function authMethod(host) {
  return {
    id: IDENTITY.authMethod,
    label: "Local proxy with your Claude login",
    hint: "no API key; fails closed",
    kind: "custom",
    run: async (context) => (await import("./auth-flow.js")).logIn(host, context),
    runNonInteractive: async (context) => (await import("./auth-flow.js")).setUp(host, context),
  };
}

/**
 * The provider entry for models that the configuration registers, or would register.
 * @param {object} config
 * @returns {NonNullable<NonNullable<import("./host.js").Config["models"]>["providers"]>[string]}
 */
function catalog(config) {
  const settings = settingsOf(config);
  return ask(({ provider }, lend) => {
    const { placeholderKey } = provider.describe();
    const { endpoint } = provider.launch(lend(settings), []);
    return {
      baseUrl: endpoint,
      api: settings.api,
      apiKey: placeholderKey,
      models: provider.models([...settings.models]).map((model) => ({
        id: model.id,
        name: model.name,
        reasoning: model.reasoning,
        input: /** @type {any} */ (model.input),
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow: model.contextWindow,
        maxTokens: model.maxTokens,
      })),
    };
  });
}
