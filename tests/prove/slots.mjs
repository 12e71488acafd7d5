// Where OpenClaw itself leads each slot of a configuration that it has loaded: one entry a slot, each asking the code that
// the slot's own reader runs. Nothing here resolves anything.

/** Names that the slots need. A slot whose names a version lacks is left out, and named. */
export const NAMES = [
  "createConfigIO", "listAgentIds", "resolveDefaultAgentId", "resolveAgentConfig", "findNormalizedProviderValue",
  "resolveDefaultModelForAgent", "resolveFallbackCandidatesUncached", "resolveModelRefFromString", "buildModelAliasIndex",
  "resolveSimpleCompletionSelectionForAgent", "resolveSubagentConfiguredModelSelection", "resolveHeartbeatModelRef",
  "resolveDecisionModelSetting", "resolveEmbeddedCompactionTarget", "resolveMemoryFlushModelFallbackOptions",
  "resolveHooksGmailModel", "resolveImageModelConfigForTool", "resolveImageFallbackCandidates", "resolvePdfModelConfigForTool",
  "resolveMemorySearchConfig", "hasProviderAuthForTool", "resolveAutoEntries", "resolveAutoAudioEntries", "buildProviderRegistry",
  "resolveCapabilityModelCandidates", "parseGenerationModelRef", "resolveTtsConfig", "getTtsProvider",
  "resolveTtsProviderOrder", "isTtsProviderConfigured", "resolveTtsPrefsPath", "resolveTtsAutoMode",
  "resolveWebSearchCandidates", "resolveEffectiveToolPolicy", "resolveToolProfilePolicy", "isToolAllowedByPolicies",
  "applySkillEnvOverrides", "loadSkillEntries", "createMediaProviderRegistry", "hasExplicitMediaModel",
  "resolveHooksConfig", "resolveEffectiveEnableState", "normalizePluginsConfig",
  "listImageGenerationProviders", "listVideoGenerationProviders", "listMusicGenerationProviders", "resetModelCatalogCache",
];

/** Where the ones are that several chunks define: the others are for other readers. */
export const FROM = {
  resolveDefaultAgentId: "agent-scope-config-", resolveAgentConfig: "agent-scope-config-",
  resolveEffectiveEnableState: "config-state-", normalizePluginsConfig: "config-state-", resolveMemorySearchConfig: "memory-search-", findNormalizedProviderValue: "provider-id-",
};

const ref = (found) => (found ? [`${found.provider}/${found.model ?? found.modelId ?? ""}`] : []);
const refs = (config) => (config ? [config.primary, ...(config.fallbacks ?? [])].filter(Boolean) : []);

/** Whether an agent is offered a tool, by OpenClaw's own policies. */
function offered(own, cfg, agentId, tool) {
  const policy = own.resolveEffectiveToolPolicy({ config: cfg, agentId, modelProvider: "anthropic-claude-proxy" });
  const profile = own.resolveToolProfilePolicy(policy.profile);
  const more = policy.profileAlsoAllow;
  const named = profile && more?.length ? { ...profile, allow: [...(profile.allow ?? []), ...more] } : profile;
  const all = [named, own.resolveToolProfilePolicy(policy.providerProfile), policy.globalPolicy, policy.globalProviderPolicy, policy.agentPolicy, policy.agentProviderPolicy];
  return own.isToolAllowedByPolicies(tool, all.filter(Boolean));
}

/** The reference that a slot would be given, resolved as a completion of that agent. */
const completion = (own, cfg, agentId, modelRef) =>
  modelRef ? ref(own.resolveSimpleCompletionSelectionForAgent({ cfg, agentId, modelRef })) : [];

/** What the tools that see make of their models, as `runWithImageModelFallback` does: names that they left are looked up among aliases. */
const seeing = (own, cfg, config) => {
  const aliasIndex = own.buildModelAliasIndex({ cfg, defaultProvider: "openai" });
  return refs(config).flatMap((raw) => (raw.includes("/") ? [raw] : ref(own.resolveModelRefFromString({ cfg, raw, defaultProvider: "openai", aliasIndex })?.ref)));
};

/** What an agent's entry says of something. */
const entry = (cfg, agentId, key) =>
  (cfg.agents?.entries?.[agentId] ?? cfg.agents?.list?.find?.((agent) => agent?.id?.toLowerCase?.() === agentId))?.[key];

/** Whether OpenClaw takes requests of hooks; their token is not what is asked. */
const hooked = (own, cfg) => own.resolveHooksConfig({ ...cfg, hooks: { enabled: true, token: "x", ...cfg.hooks } }) !== null;

/** The settings of a bundled plugin; none where the configuration switches it off. */
function settingsOf(own, cfg, id) {
  const config = own.normalizePluginsConfig(cfg.plugins);
  const { enabled } = own.resolveEffectiveEnableState({ id, origin: "bundled", config, rootConfig: cfg, enabledByDefault: true });
  return enabled ? (cfg.plugins?.entries?.[id]?.config ?? {}) : {};
}

/** Lists of generation providers, by kind. */
const registries = {};

/** The model of generated images, videos or music. */
const generated = (cfg, kind) => cfg.agents?.defaults?.mediaModels?.[kind] ?? cfg.agents?.defaults?.[`${kind}GenerationModel`];

const primary = (value) => (typeof value === "string" ? value : value?.primary);

/**
 * Slots by name: what they need, and where they lead (`provider/model`, or a provider's id).
 * Slow ones name the parts of the configuration that they read beside credentials and plugins, and are asked once for all
 * documents that agree in these.
 */
export const SLOTS = {
  "model": { needs: ["resolveDefaultModelForAgent"], ask: ({ own, cfg, agentId }) => ref(own.resolveDefaultModelForAgent({ cfg, agentId })) },
  "model (no agent)": { needs: ["resolveDefaultModelForAgent"], once: true, ask: ({ own, cfg }) => ref(own.resolveDefaultModelForAgent({ cfg })) },
  "fallbacks": { needs: ["resolveFallbackCandidatesUncached"], ask: ({ own, cfg, agentId }) => own.resolveFallbackCandidatesUncached({ cfg, agentId }).flatMap(ref) },
  "subagents": {
    needs: ["resolveSubagentConfiguredModelSelection", "resolveModelRefFromString", "buildModelAliasIndex"],
    ask: ({ own, cfg, agentId }) => {
      const raw = own.resolveSubagentConfiguredModelSelection({ cfg, agentId });
      if (!raw) return [];
      const main = own.resolveDefaultModelForAgent({ cfg, agentId });
      const aliasIndex = own.buildModelAliasIndex({ cfg, agentId, defaultProvider: main.provider });
      return ref(own.resolveModelRefFromString({ cfg, agentId, raw, defaultProvider: main.provider, aliasIndex })?.ref);
    },
  },
  "subagents' fallbacks": {
    needs: ["resolveModelRefFromString"],
    ask: ({ own, cfg, agentId }) => {
      const lists = [own.resolveAgentConfig(cfg, agentId)?.subagents?.model, cfg.agents?.defaults?.subagents?.model];
      return lists.flatMap((list) => list?.fallbacks ?? []).flatMap((raw) => completion(own, cfg, agentId, raw));
    },
  },
  "heartbeat": {
    needs: ["resolveHeartbeatModelRef"],
    ask: ({ own, cfg, agentId }) => ref(own.resolveHeartbeatModelRef({ cfg, agentId, heartbeat: own.resolveAgentConfig(cfg, agentId)?.heartbeat })),
  },
  "utility": {
    needs: ["resolveSimpleCompletionSelectionForAgent"],
    ask: ({ own, cfg, agentId }) => ref(own.resolveSimpleCompletionSelectionForAgent({ cfg, agentId, useUtilityModel: true })),
  },
  "decisions": { needs: ["resolveDecisionModelSetting"], ask: ({ own, cfg, agentId }) => ref(own.resolveDecisionModelSetting(cfg, agentId)) },
  "compaction": {
    needs: ["resolveEmbeddedCompactionTarget"],
    ask: ({ own, cfg, agentId }) => {
      const main = own.resolveDefaultModelForAgent({ cfg, agentId });
      const target = own.resolveEmbeddedCompactionTarget({ config: cfg, provider: main.provider, modelId: main.model });
      return ref(target);
    },
  },
  "memory flush": {
    needs: ["resolveMemoryFlushModelFallbackOptions"],
    ask: ({ own, cfg, agentId }) => {
      const flush = cfg.agents?.defaults?.compaction?.memoryFlush;
      // As `buildMemoryFlushPlan` of memory-core has it.
      if (typeof flush?.model !== "string" || flush.enabled === false) return [];
      const { model } = flush;
      const main = own.resolveDefaultModelForAgent({ cfg, agentId });
      const chosen = own.resolveMemoryFlushModelFallbackOptions({ config: cfg, agentId, provider: main.provider, model: main.model }, model, cfg);
      return own.resolveFallbackCandidatesUncached({ ...chosen, cfg, agentId }).flatMap(ref);
    },
  },
  "reviewer": {
    needs: ["resolveSimpleCompletionSelectionForAgent"],
    ask: ({ own, cfg, agentId }) => {
      const slots = [cfg.tools?.exec?.reviewer?.model, own.resolveAgentConfig(cfg, agentId)?.tools?.exec?.reviewer?.model];
      return slots.flatMap((slot) => [primary(slot), ...(slot?.fallbacks ?? [])]).flatMap((raw) => completion(own, cfg, agentId, raw));
    },
  },
  "gmail": {
    needs: ["resolveHooksGmailModel", "resolveHooksConfig"],
    once: true,
    ask: ({ own, cfg }) => (hooked(own, cfg) ? ref(own.resolveHooksGmailModel({ cfg, defaultProvider: "openai" })) : []),
  },
  "other references": {
    needs: ["resolveSimpleCompletionSelectionForAgent", "resolveHooksConfig", "resolveEffectiveEnableState", "normalizePluginsConfig"],
    ask: ({ own, cfg, agentId }) => {
      const recall = settingsOf(own, cfg, "active-memory");
      const internal = cfg.hooks?.internal;
      const file = internal?.enabled === false ? undefined : internal?.entries?.["session-memory"];
      const all = [
        ...(hooked(own, cfg) ? (cfg.hooks?.mappings ?? []) : []).map((mapping) => mapping.model),
        file?.enabled === false ? undefined : file?.model,
        ...Object.values(cfg.channels?.modelByChannel ?? {}).flatMap((peers) => Object.values(peers ?? {})),
        cfg.tts?.summaryModel,
        cfg.messages?.tts?.summaryModel,
        recall.model,
        recall.modelFallback,
        settingsOf(own, cfg, "memory-core").dreaming?.model,
      ];
      return all.filter((raw) => typeof raw === "string").flatMap((raw) => completion(own, cfg, agentId, raw));
    },
  },
  "image tool": {
    needs: ["resolveImageModelConfigForTool", "resolveModelRefFromString", "buildModelAliasIndex"],
    ask: ({ own, cfg, agentId }) => (offered(own, cfg, agentId, "image") ? seeing(own, cfg, own.resolveImageModelConfigForTool({ cfg })) : []),
  },
  "image fallbacks": { needs: ["resolveImageFallbackCandidates"], once: true, ask: ({ own, cfg }) => own.resolveImageFallbackCandidates({ cfg }).flatMap(ref) },
  "pdf tool": {
    needs: ["resolvePdfModelConfigForTool", "resolveModelRefFromString", "buildModelAliasIndex"],
    ask: ({ own, cfg, agentId }) => (offered(own, cfg, agentId, "pdf") ? seeing(own, cfg, own.resolvePdfModelConfigForTool({ cfg })) : []),
  },
  "embeddings": {
    needs: ["resolveMemorySearchConfig", "hasProviderAuthForTool"],
    reads: ({ cfg, agentId }) => [cfg.memory, entry(cfg, agentId, "memory"), cfg.agents?.defaults?.memorySearch, entry(cfg, agentId, "memorySearch")],
    ask: ({ own, cfg, agentId }) => {
      if (cfg.plugins?.slots?.memory === "none") return [];
      const search = own.resolveMemorySearchConfig(cfg, agentId);
      if (!search) return [];
      const usable = (id) => id && id !== "none" && (search.remote?.apiKey || search.remote?.baseUrl || own.hasProviderAuthForTool({ provider: id, cfg }));
      // Without a first one there is nothing that another takes the place of (`ensureProviderInitialized` of memory-core).
      return search.provider === "none" ? [] : [search.provider, search.fallback].filter(usable);
    },
  },
  ...Object.fromEntries(["image", "audio", "video"].map((capability) => [`${capability} understanding`, {
    needs: ["resolveAutoEntries", "buildProviderRegistry"],
    reads: ({ cfg, agentId }) => [cfg.tools?.media, ...(capability === "image" ? [cfg.agents, agentId] : [])],
    ask: async ({ own, cfg, agentId }) => {
      if (cfg.tools?.media?.[capability]?.enabled === false) return [];
      // As a Gateway does when it takes up another file.
      own.resetModelCatalogCache?.();
      const registry = own.buildProviderRegistry(undefined, cfg);
      const find = (capability === "audio" && own.resolveAutoAudioEntries) || own.resolveAutoEntries;
      // Until 2026.8 the model of the turn comes with it.
      const activeModel = own.resolveAutoAudioEntries ? undefined : own.resolveDefaultModelForAgent({ cfg, agentId });
      const found = await find({ cfg, agentId, capability, providerRegistry: registry, nativeVisionActive: false, activeModel });
      const named = [...(cfg.tools?.media?.models ?? []), ...(cfg.tools?.media?.[capability]?.models ?? [])].map((entry) => ({ entry }));
      const all = Array.isArray(found) ? found : await Array.fromAsync(found);
      // Until 2026.8 the entries come as they are.
      return [...all, ...named].map((one) => one.entry ?? one).filter((entry) => entry.provider && own.hasProviderAuthForTool({ provider: entry.provider, cfg })).flatMap(ref);
    },
  }])),
  ...Object.fromEntries([["image", "image_generate"], ["video", "video_generate"], ["music", "music_generate"]].map(([kind, tool]) => [tool, {
    needs: ["resolveCapabilityModelCandidates", "parseGenerationModelRef"],
    reads: ({ own, cfg, agentId }) => [generated(cfg, kind), cfg.agents?.defaults?.mediaGenerationAutoProviderFallback, offered(own, cfg, agentId, tool)],
    ask: ({ own, cfg, agentId }) => {
      if (!offered(own, cfg, agentId, tool)) return [];
      const modelConfig = generated(cfg, kind);
      const listProviders = own.createMediaProviderRegistry
        ? (registries[kind] ??= own.createMediaProviderRegistry(`${kind}GenerationProviders`)).listProviders
        : own[`list${kind[0].toUpperCase()}${kind.slice(1)}GenerationProviders`];
      // As the tool does: without a model of its own the other services are tried.
      const explicit = own.hasExplicitMediaModel ?? ((config) => Boolean(primary(config)?.trim() || config?.fallbacks?.some((one) => one.trim())));
      const autoProviderFallback = explicit(modelConfig) ? false : undefined;
      return own.resolveCapabilityModelCandidates({ cfg, modelConfig, parseModelRef: own.parseGenerationModelRef, listProviders, autoProviderFallback }).flatMap(ref);
    },
  }])),
  "speech": {
    needs: ["resolveTtsConfig", "getTtsProvider", "resolveTtsProviderOrder", "isTtsProviderConfigured", "resolveTtsPrefsPath", "resolveTtsAutoMode"],
    reads: ({ own, cfg, agentId }) => [cfg.tts, cfg.messages?.tts, entry(cfg, agentId, "tts"), cfg.agents?.defaults?.voiceModel, offered(own, cfg, agentId, "tts")],
    ask: ({ own, cfg, agentId }) => {
      const config = own.resolveTtsConfig(cfg, agentId);
      const prefsPath = own.resolveTtsPrefsPath(config);
      const auto = own.resolveTtsAutoMode({ config, prefsPath });
      if (auto === "off" && !offered(own, cfg, agentId, "tts")) return [];
      const first = own.getTtsProvider(config, prefsPath);
      return own.resolveTtsProviderOrder(first, cfg).filter((id) => own.isTtsProviderConfigured(config, id, cfg));
    },
  },
  "web search": {
    needs: ["resolveWebSearchCandidates"],
    reads: ({ own, cfg, agentId }) => [cfg.tools?.web, offered(own, cfg, agentId, "web_search")],
    ask: ({ own, cfg, agentId }) => (offered(own, cfg, agentId, "web_search") ? own.resolveWebSearchCandidates({ config: cfg }).map((found) => found.id) : []),
  },
  "ACP": {
    needs: [],
    once: true,
    ask: ({ cfg }) => (cfg.acp?.enabled !== false && cfg.acp?.backend ? [`acp:${cfg.acp.backend}`] : []),
  },
  "remote Gateway": { needs: [], once: true, ask: ({ cfg }) => (cfg.gateway?.mode === "remote" ? [`gateway:${cfg.gateway?.remote?.url ?? ""}`] : []) },
};
