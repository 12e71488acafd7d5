// The same for official plugins that arm a slot. OpenClaw installs them by itself if it starts with their key. Written by `cargo xtask routes`.
// The bits of a line are the versions for which it holds. The lowest bit is the first of:
// Versions: 2026.7.1 2026.7.35 2026.8.2 2026.9.1 2026.9.6
vendors! {
    0b11111 "brave" ["brave"] ["BRAVE_API_KEY"] [Search] [];
    0b11100 "byteplus" ["byteplus" "byteplus-plan"] ["BYTEPLUS_API_KEY"] [MakeVideo] [];
    0b11100 "comfy" ["comfy"] ["COMFY_API_KEY" "COMFY_CLOUD_API_KEY"] [MakeImage MakeVideo MakeMusic] [];
    0b11111 "deepinfra" ["deepinfra"] ["DEEPINFRA_API_KEY"] [Pdf Image Audio Video MakeImage MakeVideo Speech] [];
    0b11111 "exa" ["exa"] ["EXA_API_KEY"] [Search] [];
    0b11100 "firecrawl" ["firecrawl" "firecrawl-free"] ["FIRECRAWL_API_KEY"] [Search OwnTools] [];
    0b00011 "firecrawl" ["firecrawl"] ["FIRECRAWL_API_KEY"] [Search OwnTools] [];
    0b11111 "groq" ["groq"] ["GROQ_API_KEY"] [Pdf Image Audio Video] [];
    0b11100 "mistral" ["mistral"] ["MISTRAL_API_KEY"] [Pdf Image Audio Video] [];
    0b11111 "moonshot" ["moonshot" "kimi" "moonshot-ai" "moonshotai"] ["KIMI_API_KEY" "MOONSHOT_API_KEY"] [Pdf Image Audio Video Search] [];
    0b11100 "opencode" ["opencode"] ["OPENCODE_API_KEY" "OPENCODE_ZEN_API_KEY"] [Pdf Image Audio Video] [];
    0b11111 "parallel" ["parallel" "parallel-free"] ["PARALLEL_API_KEY"] [Search] [];
    0b11111 "perplexity" ["perplexity"] ["OPENROUTER_API_KEY" "PERPLEXITY_API_KEY"] [Search] [];
    0b11100 "qwen" ["qwen" "bailian-token-plan" "dashscope" "modelstudio" "qwen-token-plan" "qwencloud"] ["DASHSCOPE_API_KEY" "MODELSTUDIO_API_KEY" "QWEN_API_KEY" "QWEN_TOKEN_PLAN_API_KEY"] [Pdf Image Audio Video MakeVideo] [];
    0b00011 "qwen" ["qwen" "dashscope" "modelstudio" "qwen-cli" "qwen-oauth" "qwen-portal" "qwencloud"] ["DASHSCOPE_API_KEY" "MODELSTUDIO_API_KEY" "QWEN_API_KEY"] [Pdf Image Audio Video MakeVideo] [];
    0b11111 "searxng" ["searxng"] ["SEARXNG_BASE_URL"] [Search] [];
    0b11111 "tavily" ["tavily"] ["TAVILY_API_KEY"] [Search OwnTools] [];
    0b11100 "volcengine" ["volcengine" "volcengine-plan"] ["VOLCANO_ENGINE_API_KEY"] [Speech] [];
    0b11100 "vydra" ["vydra"] ["VYDRA_API_KEY"] [MakeImage MakeVideo Speech] [];
    0b11100 "xiaomi" ["xiaomi" "xiaomi-token-plan"] ["XIAOMI_API_KEY" "XIAOMI_TOKEN_PLAN_API_KEY"] [Speech] [];
    0b11111 "zai" ["zai" "z-ai" "z.ai"] ["ZAI_API_KEY" "Z_AI_API_KEY"] [Pdf Image Audio Video] [];
}
