// The vendors in OpenClaw's package: plugin (empty for a provider of the core), provider ids, variables with a credential, slots that
// the credential arms, and hosts that need no credential. Written by `cargo xtask routes`.
// The bits of a line are the versions for which it holds. The lowest bit is the first of:
// Versions: 2026.7.1 2026.7.35 2026.8.2 2026.9.1 2026.9.6
vendors! {
    0b11111 "" ["anthropic-openai"] ["ANTHROPIC_API_KEY"] [] [];
    0b11111 "" ["cerebras"] ["CEREBRAS_API_KEY"] [] [];
    0b11111 "" ["qwen-dashscope"] ["DASHSCOPE_API_KEY"] [] [];
    0b11100 "" ["voyage"] ["VOYAGE_API_KEY"] [] [];
    0b11111 "alibaba" ["alibaba"] ["DASHSCOPE_API_KEY" "MODELSTUDIO_API_KEY" "QWEN_API_KEY"] [MakeVideo] [];
    0b11111 "anthropic" ["anthropic"] ["ANTHROPIC_API_KEY" "ANTHROPIC_OAUTH_TOKEN"] [Pdf Image] [];
    0b10000 "apple-fm" ["apple-fm"] [] [] [];
    0b11111 "azure-speech" ["azure-speech" "azure"] ["AZURE_SPEECH_API_KEY" "AZURE_SPEECH_KEY" "AZURE_SPEECH_REGION" "SPEECH_KEY" "SPEECH_REGION"] [Speech] [];
    0b00011 "byteplus" ["byteplus" "byteplus-plan"] ["BYTEPLUS_API_KEY"] [MakeVideo] [];
    0b11111 "clawrouter" ["clawrouter"] ["CLAWROUTER_API_KEY"] [] [];
    0b00011 "cohere" ["cohere"] ["COHERE_API_KEY"] [] [];
    0b00011 "comfy" ["comfy"] ["COMFY_API_KEY" "COMFY_CLOUD_API_KEY"] [MakeImage MakeVideo MakeMusic] [];
    0b11111 "copilot-proxy" ["copilot-proxy"] [] [] [];
    0b11111 "deepgram" ["deepgram"] ["DEEPGRAM_API_KEY"] [Audio] [];
    0b00011 "duckduckgo" ["duckduckgo"] [] [Search] [];
    0b11111 "elevenlabs" ["elevenlabs"] ["ELEVENLABS_API_KEY" "XI_API_KEY"] [Audio Speech] [];
    0b11111 "fal" ["fal"] ["FAL_API_KEY" "FAL_KEY"] [MakeImage MakeVideo MakeMusic] [];
    0b01111 "github-copilot" ["github-copilot"] ["COPILOT_GITHUB_TOKEN" "GH_TOKEN" "GITHUB_TOKEN"] [] [];
    0b10000 "github-copilot" ["github-copilot"] ["COPILOT_GITHUB_TOKEN"] [] [];
    0b11111 "google" ["google" "gemini" "google-gemini-cli" "google-vertex"] ["GEMINI_API_KEY" "GOOGLE_API_KEY" "GOOGLE_CLOUD_API_KEY"] [Pdf Image Audio Video Search MakeImage MakeVideo MakeMusic Speech] [];
    0b11111 "huggingface" ["huggingface"] ["HF_TOKEN" "HUGGINGFACE_HUB_TOKEN"] [] [];
    0b11111 "litellm" ["litellm"] ["LITELLM_API_KEY"] [MakeImage] [];
    0b11111 "lmstudio" ["lmstudio"] ["LM_API_TOKEN"] [] [];
    0b00011 "meta" ["meta"] ["MODEL_API_KEY"] [] [];
    0b11100 "microsoft" ["microsoft" "edge"] [] [Speech] ["speech.platform.bing.com"];
    0b00011 "microsoft" ["microsoft"] [] [Speech] ["speech.platform.bing.com"];
    0b11111 "microsoft-foundry" ["microsoft-foundry"] ["AZURE_OPENAI_API_KEY"] [MakeImage] [];
    0b11111 "minimax" ["minimax" "minimax-cn" "minimax-portal" "minimax-portal-cn"] ["MINIMAX_API_KEY" "MINIMAX_CODE_PLAN_KEY" "MINIMAX_CODING_API_KEY" "MINIMAX_OAUTH_TOKEN"] [Pdf Image Search MakeImage MakeVideo MakeMusic Speech] [];
    0b00011 "mistral" ["mistral"] ["MISTRAL_API_KEY"] [Audio] [];
    0b00011 "novita" ["novita" "novita-ai" "novitaai"] ["NOVITA_API_KEY"] [] [];
    0b11111 "nvidia" ["nvidia"] ["NVIDIA_API_KEY"] [] [];
    0b11111 "ollama" ["ollama" "ollama-cloud"] ["OLLAMA_API_KEY"] [Search] [];
    0b11111 "openai" ["openai"] ["CODEX_API_KEY" "OPENAI_API_KEY"] [Memory Pdf Image Audio MakeImage MakeVideo Speech] [];
    0b00011 "opencode" ["opencode"] ["OPENCODE_API_KEY" "OPENCODE_ZEN_API_KEY"] [Pdf Image] [];
    0b11111 "opencode-go" ["opencode-go"] ["OPENCODE_API_KEY" "OPENCODE_ZEN_API_KEY"] [Pdf Image] [];
    0b11111 "openrouter" ["openrouter"] ["OPENROUTER_API_KEY"] [Pdf Image Audio MakeImage MakeVideo MakeMusic Speech] [];
    0b11111 "runway" ["runway"] ["RUNWAYML_API_SECRET" "RUNWAY_API_KEY"] [MakeVideo] [];
    0b11111 "senseaudio" ["senseaudio"] ["SENSEAUDIO_API_KEY"] [Audio] [];
    0b11111 "sglang" ["sglang"] ["SGLANG_API_KEY"] [] [];
    0b00011 "synthetic" ["synthetic"] ["SYNTHETIC_API_KEY"] [] [];
    0b11111 "together" ["together"] ["TOGETHER_API_KEY"] [MakeVideo] [];
    0b11111 "tts-local-cli" ["tts-local-cli" "cli"] [] [Speech] [];
    0b11111 "vllm" ["vllm"] ["VLLM_API_KEY"] [] [];
    0b00011 "volcengine" ["volcengine" "volcengine-plan" "volcengine-tts"] ["BYTEPLUS_SEED_SPEECH_API_KEY" "VOLCANO_ENGINE_API_KEY" "VOLCENGINE_TTS_API_KEY" "VOLCENGINE_TTS_APPID" "VOLCENGINE_TTS_TOKEN"] [Speech] [];
    0b00011 "voyage" ["voyage"] ["VOYAGE_API_KEY"] [] [];
    0b00011 "vydra" ["vydra"] ["VYDRA_API_KEY"] [MakeImage MakeVideo Speech] [];
    0b11100 "xai" ["xai" "grok" "grok-voice" "x-ai" "xai-realtime-voice"] ["XAI_API_KEY"] [Audio Search MakeImage MakeVideo Speech XTools] [];
    0b00011 "xai" ["xai" "grok"] ["XAI_API_KEY"] [Audio Search MakeImage MakeVideo Speech XTools] [];
    0b00011 "xiaomi" ["xiaomi" "xiaomi-token-plan"] ["XIAOMI_API_KEY" "XIAOMI_TOKEN_PLAN_API_KEY"] [Speech] [];
}
