// Every path in a configuration of OpenClaw 2026.9.6 (and of 2026.8, where it differs) that holds a model, a provider, an address or a
// credential, or looks as if it did. If two rows match a path, the earlier one counts.
//
// A row: the class of the place (`Class`), what the audit does with a value there (`Check`), the pattern or several with `|` between, and a
// note that reports show.
//
// In a pattern, `*` stands for any key or part of a key, `**` for any rest of the path, and `[]` for a list item. These prefixes
// stand for several places:
//   @agent   agents.defaults, agents.entries.*
//   @tts     tts, agents.entries.*.tts, channels.*.voice.tts, channels.*.tts
//   @search  memory.search, agents.entries.*.memory.search
// `channels.<id>.accounts.<account>` repeats `channels.<id>` and is matched against the same rows.
routes! {
    // ---- text inference ----
    Inference  Primary             "@agent.model" "primary text model; unset everywhere: first configured provider row, else openai";
    Inference  Primary             "@agent.model.primary" "primary";
    Inference  Nothing             "@agent.model.fallbacks" | "@agent.subagents.model.fallbacks" | "tools.exec.reviewer.model.fallbacks"
            | "agents.entries.*.tools.exec.reviewer.model.fallbacks" | "acp.fallbacks" | "tools.links.models" "list; each item is judged";
    Inference  Fallback            "@agent.model.fallbacks[]" "one failover hop, not bounded by modelPolicy";
    Inference  Model               "@agent.utilityModel" "titles, recaps, narration; empty disables";
    Inference  FullReference       "@agent.decisionModel" "typed decision calls; empty disables";
    Inference  Model               "@agent.subagents.model" "sub-agent and isolated runs";
    Inference  Model               "@agent.subagents.model.primary" "sub-agent runs";
    Inference  Fallback            "@agent.subagents.model.fallbacks[]" | "tools.exec.reviewer.model.fallbacks[]"
            | "agents.entries.*.tools.exec.reviewer.model.fallbacks[]" "one failover hop";
    Inference  Model               "@agent.heartbeat.model" "turns without a user";
    Inference  ModelRuntime        "@agent.models.*.agentRuntime.id" "another process runs the turn";
    Policy     ModelRuntime        "@agent.models.*.pickerRuntimes[]" "runtimes that a user may pick";
    Policy     Nothing             "@agent.models.*.pickerRuntimes" | "@agent.modelPolicy.allow" | "acp.allowedAgents"
            | "plugins.entries.*.llm.allowedModels" | "plugins.entries.*.llm.allowedCompletionModels" | "plugins.entries.*.subagent.allowedModels"
            "list; each item is judged";
    Policy     Nothing             "@agent.models.*.alias" "judged with the references that it captures";
    Provider   RequestParams       "@agent.models.*.params.**" | "@agent.params.**" | "models.providers.*.models[].params.**"
            | "models.providers.*.params.**" "request body options, cannot name an endpoint";
    Policy     AllowedModel        "@agent.modelPolicy.allow[]" "what users, sessions, hooks and jobs may choose";
    Policy     Nothing             "@agent.models" "map keys are judged when the model maps are read";
    Inference  ImageModel          "agents.defaults.imageModel" "vision; unset: chosen among providers with a credential";
    Inference  ImageModel          "agents.defaults.imageModel.primary" "vision";
    Inference  ImageModel          "agents.defaults.imageModel.fallbacks[]" | "agents.defaults.pdfModel.fallbacks[]" "one failover hop";
    NoRoute    Nothing             "agents.defaults.imageModel.timeoutMs" | "agents.defaults.pdfModel.timeoutMs" | "tools.media.*.timeoutSeconds"
            | "models.providers.*.timeoutSeconds" "time limit";
    Inference  Nothing             "agents.defaults.imageModel.*" "list; each item is judged";
    Inference  ImageModel          "agents.defaults.pdfModel" "documents; unset: anthropic and google come first";
    Inference  ImageModel          "agents.defaults.pdfModel.primary" "documents";
    Inference  Nothing             "agents.defaults.pdfModel.*" "list; each item is judged";
    Inference  FullReference       "agents.defaults.compaction.model" "summaries of the whole conversation";
    Inference  FullReference       "agents.defaults.compaction.memoryFlush.model" "memory turn before compaction";
    Inference  SlotPlugin          "agents.defaults.compaction.provider" "a plugin summarizes; its code may call anything";
    Inference  BareIsOpenai        "agents.defaults.embeddedAgent.cyberFailover.model" "after a refusal by provider openai only";
    Policy     Nothing             "agents.defaults.embeddedAgent.cyberFailover.mode" "unreachable without a route to openai";
    Policy     Nothing             "agents.defaults.modelSelectionScope" "how far /model is written back; the result is audited";
    Policy     Nothing             "agents.defaults.systemAgent.agentId" | "agents.defaults.heartbeat.agentId"
            | "plugins.entries.*.llm.allowAgentIdOverride" "every agent is audited";
    Credential Nothing             "agents.defaults.authInheritance.agentId" "whose credential store is inherited; stores are not examined";
    Inference  AgentRuntime        "agents.entries.*.runtime.type" "acp sends the conversation to an external harness";
    Inference  ExternalAgent       "agents.entries.*.runtime.acp.agent" | "agents.entries.*.runtime.acp.backend" | "acp.backend" | "acp.fallbacks[]"
            | "acp.defaultAgent" "external harness";
    NoRoute    Nothing             "agents.entries.*.runtime.acp.mode" | "bindings[].acp.mode" "session mode";
    Inference  Model               "tools.exec.reviewer.model" | "tools.exec.reviewer.model.primary" | "agents.entries.*.tools.exec.reviewer.model"
            | "agents.entries.*.tools.exec.reviewer.model.primary" "approval reviewer";
    Inference  RouteSwitch         "acp.enabled" "opens dispatch to external harnesses";
    Inference  RouteSwitch         "acp.dispatch.enabled" "turns of external harnesses";
    Policy     ExternalAgent       "acp.allowedAgents[]" "external harness";
    NoRoute    Nothing             "acp.runtime.installCommand" "shown to the operator";
    Inference  ExternalAgent       "bindings[].acp.backend" "external harness of one conversation";
    Inference  Model               "hooks.mappings[].model" "webhook runs";
    Inference  BareIsOpenai        "hooks.gmail.model" "mail runs; a bare id means openai";
    Inference  Model               "hooks.internal.entries.session-memory.model" "session summaries; not named by the schema";
    Inference  Model               "channels.modelByChannel.*.*" "model of one channel or peer";
    Inference  Model               "channels.discord.voice.model" "brain of voice turns";
    Inference  Model               "channels.clickclack.model" "used with replyMode model";
    Inference  Provider            "channels.reef.guard.provider" "message guard with its own model call";
    Inference  ServiceModel        "channels.reef.guard.pinnedModel" "message guard with its own model call";
    Credential Nothing             "channels.reef.guard.authMode" | "channels.reef.guard.authProfileId" | "channels.reef.guard.apiKeyEnv"
            "belongs to guard.provider";
    Inference  Model               "@tts.summaryModel" "summarizes long replies before speech";
    // ---- speech ----
    Service    SpeechProvider      "@tts.provider" | "@tts.personas.*.provider" "speech provider";
    Service    VendorSetting       "@tts.personas.*.providers.**" "speech provider settings";
    Policy     Nothing             "@tts.personas.*.fallbackPolicy" "which of the providers above are tried";
    Credential ArmingCredential    "@tts.providers.*.apiKey" "arms speech";
    Service    VendorSetting       "@tts.providers.**" "speech provider settings";
    Policy     AllowAnyModel       "@tts.modelOverrides.allowProvider" "lets the model choose a speech provider";
    Policy     Nothing             "@tts.modelOverrides.*" "voice details; the provider is judged above";
    Service    SpeechMode          "@tts.auto" "speaks replies by itself";
    Service    SpeechSwitch        "@tts.enabled" "true speaks replies by itself";
    NoRoute    Nothing             "@tts.mode" "what part of a reply is spoken";
    // ---- plugins ----
    Inference  Model               "plugins.entries.active-memory.config.model" "recall sub-agent";
    Inference  Model               "plugins.entries.active-memory.config.modelFallback" "last step when nothing resolves";
    NoRoute    Nothing             "plugins.entries.active-memory.config.modelFallbackPolicy" "deprecated, without effect";
    NoRoute    Nothing             "plugins.entries.active-memory.config.mode" "when recall runs";
    Inference  Provider            "plugins.entries.llm-task.config.defaultProvider" "first half of a split reference";
    Inference  ModelBesideProvider "plugins.entries.llm-task.config.defaultModel" "second half of a split reference";
    Credential Nothing             "plugins.entries.llm-task.config.defaultAuthProfileId" "belongs to the model above";
    Inference  Model               "plugins.entries.memory-core.config.dreaming.model"
            | "plugins.entries.memory-core.config.dreaming.execution.defaults.model"
            | "plugins.entries.memory-core.config.dreaming.phases.*.execution.model" "dream diary";
    NoRoute    Nothing             "plugins.entries.memory-core.config.dreaming.storage.mode" "where diaries are kept";
    Inference  Model               "plugins.entries.logbook.config.visionModel" "screenshots";
    Inference  Model               "plugins.entries.imap.config.accounts.*.model" "mail-triggered runs";
    NoRoute    Nothing             "plugins.entries.imap.config.accounts.*.host" "mail server";
    NoRoute    Nothing             "plugins.entries.imap.config.accounts.*.watch.mode" "how mail is watched";
    Policy     AllowAnyModel       "plugins.entries.*.llm.allowModelOverride" | "plugins.entries.*.subagent.allowModelOverride"
            "lets plugin code choose a model";
    Policy     AllowedModel        "plugins.entries.*.llm.allowedModels[]" | "plugins.entries.*.subagent.allowedModels[]" "bound of the grant above";
    Policy     AllowedModel        "plugins.entries.*.llm.allowedCompletionModels[]" "bound of every completion of the plugin";
    Credential Nothing             "plugins.entries.*.llm.allowAuthProfileOverride" "chooses a credential, not an endpoint";
    Inference  SlotPlugin          "plugins.slots.contextEngine" "replaces context assembly; its code may call models";
    Service    SlotPlugin          "plugins.slots.memory" "replaces memory; its code may embed elsewhere";
    Inference  VendorSetting       "plugins.entries.xai.config.codeExecution.**" "remote code execution runs an xAI model";
    Service    VendorSetting       "plugins.entries.xai.config.xSearch.**" "search through an xAI model";
    Credential ArmingCredential    "plugins.entries.*.config.webSearch.apiKey" "arms web search";
    Service    VendorSetting       "plugins.entries.*.config.webSearch.baseUrl" "search endpoint";
    Service    VendorSetting       "plugins.entries.*.config.webSearch.model" "search model";
    Service    Nothing             "plugins.entries.*.config.webSearch.headers.*" | "@search.remote.headers.*" | "tools.media.models[].headers.*"
            | "tools.media.*.headers.*" "does not move the endpoint";
    Service    Nothing             "plugins.entries.*.config.webSearch.region" "does not leave the vendor";
    Service    VendorSetting       "plugins.entries.*.config.webFetch.**" "fetch service, used where the local fetch fails";
    Inference  RouteSwitch         "plugins.entries.ollama.config.nodeInference.enabled" "prompts go to Ollama on paired nodes";
    Policy     Nothing             "plugins.entries.*.config.discovery.enabled" "lists models, selects none";
    Inference  RouteSwitch         "plugins.entries.anthropic.config.sessionCatalog.enabled" "offers native Claude CLI sessions";
    Service    VendorSetting       "plugins.entries.azure-speech.config.**" "speech endpoint";
    // ---- our own plugin ----
    Provider   Nothing             "plugins.entries.anthropic-claude-proxy.config.command"
            | "plugins.entries.anthropic-claude-proxy.config.command[]" "process that the plugin starts";
    Provider   ProxyHost           "plugins.entries.anthropic-claude-proxy.config.host" "must be loopback or listed in remoteHosts";
    Provider   Nothing             "plugins.entries.anthropic-claude-proxy.config.models" | "plugins.entries.anthropic-claude-proxy.config.models[]"
            "model ids of the proxy";
    Policy     Nothing             "plugins.entries.anthropic-claude-proxy.config.**" "settings of this plugin, read where they matter";
    // ---- delegation ----
    Inference  RouteSwitch         "gateway.cliAgents.enabled" "external CLI agents selectable in the UI";
    Inference  RouteSwitch         "nodeHost.agentRuns.claude.enabled" "serves Claude CLI turns";
    NoRoute    Nothing             "nodeHost.workerRuns.enabled" "worker inference comes back to the gateway";
    Inference  GatewayMode         "gateway.mode" "remote moves the whole conversation";
    Inference  GatewayUrl          "gateway.remote.url" "another gateway";
    Policy     InboundSwitch       "gateway.http.endpoints.chatCompletions.enabled" | "gateway.http.endpoints.responses.enabled"
            "callers may name a model";
    Policy     Nothing             "tools.links.enabled" "the commands are judged";
    Inference  Program             "tools.links.models[].command" "a program reads the link, often an LLM";
    Inference  Nothing             "tools.links.models[].args[]" "belongs to the command";
    NoRoute    Nothing             "tools.links.models[].type" "constant";
    // ---- memory ----
    Service    EmbeddingProvider   "@search.provider" "embeddings; unset: openai, armed by any OpenAI credential";
    Service    Nothing             "@search.model" "belongs to the provider";
    Service    EmbeddingProvider   "@search.fallback" "embeddings when the first fails";
    Service    Endpoint            "@search.remote.baseUrl" "embeddings endpoint";
    Credential Nothing             "@search.remote.apiKey" "belongs to the endpoint";
    Policy     Nothing             "@search.enabled" | "tools.media.*.enabled" | "tools.web.search.enabled" "false closes the route";
    Service    Nothing             "@search.local.modelPath" "belongs to provider local";
    NoRoute    Nothing             "@search.remote.batch.enabled" | "@search.cache.enabled" | "@search.multimodal.enabled"
            | "@search.outputDimensionality" | "@search.*InputType" | "@search.inputType" "embedding tuning";
    // ---- media ----
    Service    Nothing             "tools.media.models" "list; each item is judged";
    Service    Provider            "tools.media.models[].provider" "understanding provider";
    Service    MediaModel          "tools.media.models[].model" "belongs to the provider next to it";
    Service    Endpoint            "tools.media.models[].baseUrl" | "tools.media.*.baseUrl" "understanding endpoint";
    Service    Program             "tools.media.models[].command" "a program reads the file";
    Service    Nothing             "tools.media.models[].type" "the provider or command is judged";
    Credential Nothing             "tools.media.models[].profile" | "tools.media.models[].preferredProfile" "belongs to the provider";
    Service    Endpoint            "tools.media.models[].request.proxy.url" | "tools.media.*.request.proxy.url" "a proxy on the way";
    Service    Nothing             "tools.media.models[].request.**" "does not move the endpoint";
    Service    MediaPreference     "tools.media.*.preferredModel" "understanding model";
    Service    Nothing             "tools.media.*.request.**" "does not move the endpoint";
    NoRoute    Nothing             "tools.media.*.attachments.mode" "which attachments are read";
    Service    SearchProvider      "tools.web.search.provider" "search provider";
    NoRoute    Nothing             "tools.web.search.openaiCodex.userLocation.region" "place name";
    Service    VendorSetting       "tools.web.search.openaiCodex.**" "native Codex search";
    Service    VendorSetting       "tools.web.search.**" "settings of a search service, where OpenClaw moves them from";
    Service    Provider            "tools.web.fetch.provider" "fetch fallback service";
    NoRoute    Nothing             "tools.web.fetch.headers.*" "does not select a service";
    NoRoute    Nothing             "tools.web.fetch.*" "local fetch";
    Service    FullReference       "agents.defaults.mediaModels.*" "generation; unset: any provider with a credential";
    Service    FullReference       "agents.defaults.mediaModels.*.primary" "generation";
    Service    FullReference       "agents.defaults.mediaModels.*.fallbacks[]" | "agents.defaults.voiceModel.fallbacks[]" "one failover hop";
    Service    Nothing             "agents.defaults.mediaModels.*.*" "list or time limit";
    Service    FullReference       "agents.defaults.voiceModel" | "agents.defaults.voiceModel.primary" "speech, transcription, realtime";
    Service    Nothing             "agents.defaults.voiceModel.*" "list or time limit";
    Service    Provider            "talk.provider" "voice provider";
    Credential VendorSetting       "talk.providers.*.apiKey" "arms the voice provider";
    Service    VendorSetting       "talk.providers.**" "voice provider settings";
    Service    Provider            "talk.realtime.provider" | "channels.discord.voice.realtime.provider" "realtime provider";
    Service    ServiceModel        "talk.realtime.model" | "channels.discord.voice.realtime.model" "belongs to the realtime provider";
    Credential VendorSetting       "talk.realtime.providers.*.apiKey" "arms the realtime provider";
    Service    VendorSetting       "talk.realtime.providers.**" | "channels.discord.voice.realtime.providers.**" "realtime provider settings";
    NoRoute    Nothing             "talk.realtime.mode" "turn taking";
    Policy     Nothing             "channels.discord.voice.mode" "the realtime provider is judged";
    NoRoute    Nothing             "channels.discord.voice.agentSession.mode" | "session.**.mode" "session handling";
    // ---- providers (the proxy's own entry and what competes with it: module `endpoint`) ----
    Provider   Nothing             "models.providers.*.baseUrl" | "models.providers.*.models[].baseUrl" | "models.providers.*.models[].api"
            | "models.providers.*.api" | "models.providers.*.request.proxy.mode" | "models.providers.*.request.proxy.url"
            | "models.providers.*.localService.command" "judged for the proxy's entry";
    Provider   Nothing             "models.providers.*.models" "rows make bare ids resolvable";
    Provider   Nothing             "models.providers.*.models[].id" "makes a bare id resolvable";
    Provider   Nothing             "models.providers.*.models[].headers.*" | "models.providers.*.headers.*" | "models.providers.*.request.headers.*"
            "does not move the endpoint";
    Inference  ProviderRuntime     "models.providers.*.models[].agentRuntime.id" | "models.providers.*.agentRuntime.id"
            "another process runs the turn";
    NoRoute    Nothing             "models.providers.*.models[].compat.**" "wire flags and aggregator hints";
    Credential Nothing             "models.providers.*.apiKey" | "env.vars.*" | "env.shellEnv.enabled" "judged with the slots that it arms";
    Credential Nothing             "models.providers.*.auth" | "models.providers.*.request.auth.mode" "how the credential is sent";
    Provider   Nothing             "models.providers.*.region" "endpoint of some vendors, not of the proxy";
    Provider   Nothing             "models.providers.*.localService.healthUrl" "probed before requests, carries no prompt";
    Policy     Nothing             "models.mode" "replace hides catalogs, selects nothing";
    NoRoute    Nothing             "models.catalogRefresh.url" "metadata only, cannot change endpoints";
    NoRoute    Nothing             "models.catalogRefresh.enabled" "metadata only";
    Provider   Nothing             "proxy.proxyUrl" "judged with loopbackMode";
    Provider   Nothing             "proxy.loopbackMode" "judged in module `endpoint`";
    // ---- credentials ----
    Credential Nothing             "auth.profiles.*.provider" "metadata; the secret is in the credential store";
    Credential Nothing             "auth.profiles.*.mode" | "auth.order.*" | "auth.order.*[]" "metadata";
    Credential OtherCredential     "skills.entries.*.apiKey" "exported to the skill's process";
    Credential Nothing             "secrets.providers.*.command" "resolves credentials";
    NoRoute    Nothing             "secrets.providers.*.mode" "form of the secret";
    NoRoute    Nothing             "secrets.providers.*.source" "where the secret lies";
    // ---- looks like a route, is not ----
    NoRoute    Nothing             "@agent.models.*.codeMode" | "tools.codeMode.mode" | "tools.codeMode.runtime" | "tools.toolSearch.mode"
            "tool surface only";
    NoRoute    Nothing             "agents.**.sandbox.**" "sandbox settings";
    NoRoute    Nothing             "agents.defaults.compaction.mode" | "agents.defaults.contextPruning.mode" "strategy";
    NoRoute    Nothing             "agents.**.humanDelay.mode" "typing delay";
    NoRoute    Nothing             "agents.defaults.imageQuality" "compression";
    NoRoute    Nothing             "agents.**.codeMode.mode" "tool surface only";
    NoRoute    Nothing             "agents.**.codeMode.runtime" "tool surface only";
    NoRoute    Nothing             "agents.**.exec.applyPatch.allowModels" | "agents.**.exec.applyPatch.allowModels[]"
            | "tools.exec.applyPatch.allowModels" | "tools.exec.applyPatch.allowModels[]" "tool gate by model id";
    NoRoute    Nothing             "agents.**.tools.exec.host" | "tools.exec.host" "where shell commands run";
    NoRoute    Nothing             "agents.**.tools.exec.mode" | "tools.exec.mode" "shell approvals";
    NoRoute    Nothing             "agents.**.tools.byProvider.**" | "tools.byProvider.**" "tool policy keyed by model provider";
    NoRoute    Nothing             "agents.**.tools.profile" | "tools.profile" "tool profile";
    NoRoute    Nothing             "agents.**.tools.github.profileId" | "tools.github.profileId" "source hosting account";
    NoRoute    Nothing             "agents.**.crossContext.*" | "tools.message.crossContext.*" | "messages.crossContext.*" "messaging";
    NoRoute    Nothing             "approvals.*.mode" "who approves";
    NoRoute    Nothing             "browser.**" "browser control";
    NoRoute    Nothing             "cloudWorkers.profiles.*.provider" "machine provider; inference stays on the gateway";
    NoRoute    Nothing             "cron.**" "scheduler; models of jobs are in the state database";
    NoRoute    ContentEndpoint     "diagnostics.otel.**" "telemetry";
    NoRoute    Nothing             "discovery.mdns.mode" "local discovery";
    NoRoute    Nothing             "gateway.auth.**" "inbound authentication";
    NoRoute    Nothing             "gateway.allowRealIpFallback" | "gateway.controlUi.**" | "gateway.customBindHost" | "gateway.tailscale.mode"
            | "hooks.gmail.hookUrl" | "hooks.gmail.tailscale.mode" | "plugins.entries.device-pair.config.publicUrl" | "channels.*.advertisedUrl"
            | "channels.*.publicWebhookUrl" | "channels.*.commands.callbackUrl" | "channels.*.interactions.callbackBaseUrl"
            | "channels.*.discussions.controlUrlBase" "inbound";
    NoRoute    Nothing             "gateway.http.endpoints.**.allowUrl" "inbound attachments";
    NoRoute    Nothing             "gateway.nodes.**" "paired devices";
    NoRoute    Nothing             "gateway.push.**" "notifications";
    NoRoute    Nothing             "gateway.reload.mode" "reload handling";
    NoRoute    ContentEndpoint     "mcp.**" "tool servers, may use any model themselves";
    NoRoute    ContentEndpoint     "nodeHost.mcp.**" "tool servers";
    NoRoute    Nothing             "messages.queue.mode" "queueing";
    NoRoute    ContentEndpoint     "plugins.entries.beam.config.mirror.endpoint" "session mirror";
    NoRoute    Nothing             "plugins.entries.crabbox.config.sandbox.provider" "machine provider";
    NoRoute    Nothing             "plugins.entries.file-transfer.**" "files of paired devices";
    NoRoute    Nothing             "plugins.entries.geolocation.**" "place lookup";
    NoRoute    Nothing             "plugins.entries.memory-wiki.config.search.backend" "local index";
    NoRoute    Nothing             "security.installPolicy.exec.command" "install check";
    NoRoute    Nothing             "skills.workshop.autonomous.mode" "when skills are drafted";
    NoRoute    Nothing             "wizard.localModelLeanAutoModel" "what the wizard found";
    NoRoute    Nothing             "transcripts.autoStart[].*" "capture source";
    NoRoute    Nothing             "channels.*.baseUrl" | "channels.*.apiBaseUrl" | "channels.*.webhook*" | "channels.*.relayUrl" | "channels.*.host"
            | "channels.*.url" | "channels.*.region" | "channels.*.remoteHost" | "channels.*.serviceUrl" | "channels.*.relay.url" "chat server";
    NoRoute    Nothing             "channels.*.proxy" | "channels.*.transport.**" "chat transport";
    NoRoute    Nothing             "channels.*.profile" | "channels.*.authorization.**" "chat account";
    NoRoute    Nothing             "channels.*.avatarUrl" "picture";
    NoRoute    Nothing             "channels.*.activityUrl" "status line";
    NoRoute    Nothing             "channels.*.graphMediaFallback" "chat attachments";
    NoRoute    Nothing             "channels.*.actions.profile" "chat actions";
    NoRoute    Nothing             "channels.*.mode" | "channels.*.streaming.mode" | "channels.*.markdown.mode" | "channels.*.mentionPatterns.mode"
            | "channels.*.presenceEvents.mode" | "channels.*.channels.*.presenceEvents.mode" "chat handling";
    NoRoute    Nothing             "channels.*.customCommands[].command" "chat command name";
    NoRoute    ContentEndpoint     "channels.a2a.peers.*.url" "another agent, like a chat peer";
}
