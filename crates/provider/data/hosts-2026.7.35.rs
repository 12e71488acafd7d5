// The hosts that vendors' plugins of OpenClaw 2026.7.35 dial. Written by `cargo xtask routes`.
&[
    "ai.ollama.com",
    "generativelanguage.googleapis.com",
    "litellm.ai",
    "novita.ai",
    "ollama.com",
    "opencode.ai",
    "platform.minimax.io",
]
