// The bundled skills of OpenClaw, and the environment variable that is set to the key of each. Written by `cargo xtask routes`.
// The bits of a line are the versions for which it holds. The lowest bit is the first of:
// Versions: 2026.7.1 2026.7.35 2026.8.2 2026.9.1 2026.9.6
pairs! {
    0b11111 "gh-issues" "GH_TOKEN";
    0b11111 "goplaces" "GOOGLE_PLACES_API_KEY";
    0b11111 "notion" "NOTION_API_TOKEN";
    0b11111 "openai-whisper-api" "OPENAI_API_KEY";
    0b11111 "sag" "ELEVENLABS_API_KEY";
}
