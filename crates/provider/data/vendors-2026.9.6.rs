// The vendors that OpenClaw 2026.9.6 ships: plugin (empty for the core's own), provider ids, variables that hold a credential, slots that
// one arms, and hosts that it dials without one. Written by `cargo xtask routes` from the manifests of the bundled plugins.
vendors! {
    "alibaba" ["alibaba"] ["DASHSCOPE_API_KEY" "MODELSTUDIO_API_KEY" "QWEN_API_KEY"] [MakeVideo] [];
    "anthropic" ["anthropic"] ["ANTHROPIC_API_KEY" "ANTHROPIC_OAUTH_TOKEN"] [Pdf Image] [];
    "apple-fm" ["apple-fm"] [] [] [];
    "azure-speech" ["azure-speech" "azure"] ["AZURE_SPEECH_API_KEY" "AZURE_SPEECH_KEY" "AZURE_SPEECH_REGION" "SPEECH_KEY" "SPEECH_REGION"] [Speech] [];
    "clawrouter" ["clawrouter"] ["CLAWROUTER_API_KEY"] [] [];
    "copilot-proxy" ["copilot-proxy"] [] [] [];
    "deepgram" ["deepgram"] ["DEEPGRAM_API_KEY"] [Audio] [];
    "elevenlabs" ["elevenlabs"] ["ELEVENLABS_API_KEY" "XI_API_KEY"] [Audio Speech] [];
    "fal" ["fal"] ["FAL_API_KEY" "FAL_KEY"] [MakeImage MakeVideo MakeMusic] [];
    "github-copilot" ["github-copilot"] ["COPILOT_GITHUB_TOKEN"] [] [];
    "google" ["google" "gemini" "google-gemini-cli" "google-vertex"] ["GEMINI_API_KEY" "GOOGLE_API_KEY" "GOOGLE_CLOUD_API_KEY"] [Pdf Image Audio Video Search MakeImage MakeVideo MakeMusic Speech] [];
    "huggingface" ["huggingface"] ["HF_TOKEN" "HUGGINGFACE_HUB_TOKEN"] [] [];
    "litellm" ["litellm"] ["LITELLM_API_KEY"] [MakeImage] [];
    "lmstudio" ["lmstudio"] ["LM_API_TOKEN"] [] [];
    "microsoft" ["microsoft" "edge"] [] [Speech] ["speech.platform.bing.com"];
    "microsoft-foundry" ["microsoft-foundry"] ["AZURE_OPENAI_API_KEY"] [MakeImage] [];
    "minimax" ["minimax" "minimax-cn" "minimax-portal" "minimax-portal-cn"] ["MINIMAX_API_KEY" "MINIMAX_CODE_PLAN_KEY" "MINIMAX_CODING_API_KEY" "MINIMAX_OAUTH_TOKEN"] [Pdf Image Search MakeImage MakeVideo MakeMusic Speech] [];
    "nvidia" ["nvidia"] ["NVIDIA_API_KEY"] [] [];
    "ollama" ["ollama" "ollama-cloud"] ["OLLAMA_API_KEY"] [Search] [];
    "openai" ["openai"] ["CODEX_API_KEY" "OPENAI_API_KEY"] [Memory Pdf Image Audio MakeImage MakeVideo Speech] [];
    "opencode-go" ["opencode-go"] ["OPENCODE_API_KEY" "OPENCODE_ZEN_API_KEY"] [Pdf Image] [];
    "openrouter" ["openrouter"] ["OPENROUTER_API_KEY"] [Pdf Image Audio MakeImage MakeVideo MakeMusic Speech] [];
    "runway" ["runway"] ["RUNWAYML_API_SECRET" "RUNWAY_API_KEY"] [MakeVideo] [];
    "senseaudio" ["senseaudio"] ["SENSEAUDIO_API_KEY"] [Audio] [];
    "sglang" ["sglang"] ["SGLANG_API_KEY"] [] [];
    "together" ["together"] ["TOGETHER_API_KEY"] [MakeVideo] [];
    "tts-local-cli" ["tts-local-cli" "cli"] [] [Speech] [];
    "vllm" ["vllm"] ["VLLM_API_KEY"] [] [];
    "xai" ["xai" "grok" "grok-voice" "x-ai" "xai-realtime-voice"] ["XAI_API_KEY"] [Audio Search MakeImage MakeVideo Speech XTools] [];
    "" ["anthropic-openai"] ["ANTHROPIC_API_KEY"] [] [];
    "" ["cerebras"] ["CEREBRAS_API_KEY"] [] [];
    "" ["qwen-dashscope"] ["DASHSCOPE_API_KEY"] [] [];
    "" ["voyage"] ["VOYAGE_API_KEY"] [] [];
}
