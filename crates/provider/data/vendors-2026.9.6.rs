// The vendors that OpenClaw 2026.9.6 ships, from the manifests of its bundled plugins (`contracts`,
// `mediaUnderstandingProviderMetadata`, `setup.providers[].envVars`): plugin, provider ids, environment variables that hold
// its credential, and the slots that such a credential arms where they choose a provider by themselves.
vendors! {
    "openai" ["openai"] ["OPENAI_API_KEY"] [Memory Image Audio MakeImage MakeVideo Speech];
    "anthropic" ["anthropic"] ["ANTHROPIC_API_KEY" "ANTHROPIC_OAUTH_TOKEN"] [Pdf Image];
    "google" ["google"] ["GEMINI_API_KEY" "GOOGLE_API_KEY"] [Pdf Image Audio Video Search MakeImage MakeVideo MakeMusic Speech];
    "google" ["google-vertex" "google-gemini-cli"] ["GOOGLE_CLOUD_API_KEY"] [];
    "xai" ["xai" "x-ai"] ["XAI_API_KEY"] [Audio Search MakeImage MakeVideo Speech XTools];
    "minimax" ["minimax" "minimax-cn" "minimax-portal" "minimax-portal-cn"] ["MINIMAX_API_KEY" "MINIMAX_CODE_PLAN_KEY" "MINIMAX_CODING_API_KEY" "MINIMAX_OAUTH_TOKEN"] [Image Search MakeImage MakeVideo MakeMusic Speech];
    "ollama" ["ollama" "ollama-cloud"] ["OLLAMA_API_KEY"] [Search];
    "openrouter" ["openrouter"] ["OPENROUTER_API_KEY"] [Image Audio MakeImage MakeVideo MakeMusic Speech];
    "fal" ["fal"] ["FAL_KEY" "FAL_API_KEY"] [MakeImage MakeVideo MakeMusic];
    "alibaba" ["alibaba"] ["MODELSTUDIO_API_KEY" "DASHSCOPE_API_KEY" "QWEN_API_KEY"] [MakeVideo];
    "runway" ["runway"] ["RUNWAYML_API_SECRET" "RUNWAY_API_KEY"] [MakeVideo];
    "together" ["together"] ["TOGETHER_API_KEY"] [MakeVideo];
    "litellm" ["litellm"] ["LITELLM_API_KEY"] [MakeImage];
    "microsoft-foundry" ["microsoft-foundry"] ["AZURE_OPENAI_API_KEY"] [MakeImage];
    "opencode-go" ["opencode-go"] ["OPENCODE_API_KEY" "OPENCODE_ZEN_API_KEY"] [Image];
    "deepgram" ["deepgram"] ["DEEPGRAM_API_KEY"] [Audio];
    "elevenlabs" ["elevenlabs"] ["ELEVENLABS_API_KEY" "XI_API_KEY"] [Audio Speech];
    "senseaudio" ["senseaudio"] ["SENSEAUDIO_API_KEY"] [Audio];
    "azure-speech" ["azure-speech" "azure"] ["AZURE_SPEECH_KEY" "AZURE_SPEECH_API_KEY" "SPEECH_KEY"] [Speech];
    "clawrouter" ["clawrouter"] ["CLAWROUTER_API_KEY"] [];
    "github-copilot" ["github-copilot"] ["COPILOT_GITHUB_TOKEN"] [];
    "huggingface" ["huggingface"] ["HUGGINGFACE_HUB_TOKEN" "HF_TOKEN"] [];
    "lmstudio" ["lmstudio"] ["LM_API_TOKEN"] [];
    "nvidia" ["nvidia"] ["NVIDIA_API_KEY"] [];
    "sglang" ["sglang"] ["SGLANG_API_KEY"] [];
    "vllm" ["vllm"] ["VLLM_API_KEY"] [];
}
