// The aliases that OpenClaw adds by itself, and their references. Written by `cargo xtask routes`.
// The bits of a line are the versions for which it holds. The lowest bit is the first of:
// Versions: 2026.7.1 2026.7.35 2026.8.2 2026.9.1 2026.9.6
pairs! {
    0b11111 "gemini" "google/gemini-3.1-pro-preview";
    0b11111 "gemini-flash" "google/gemini-3-flash-preview";
    0b11111 "gemini-flash-lite" "google/gemini-3.1-flash-lite";
    0b11111 "gpt" "openai/gpt-5.4";
    0b11111 "gpt-mini" "openai/gpt-5.4-mini";
    0b11111 "gpt-nano" "openai/gpt-5.4-nano";
    0b00011 "opus" "anthropic/claude-opus-4-8";
    0b11100 "opus" "anthropic/claude-opus-5";
    0b11111 "sonnet" "anthropic/claude-sonnet-5";
}
