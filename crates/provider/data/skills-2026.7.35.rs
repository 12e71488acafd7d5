// The bundled skills of OpenClaw 2026.7.35 and the environment variable that their key becomes. Written by `cargo xtask routes`.
&[
    ("gh-issues", "GH_TOKEN"),
    ("goplaces", "GOOGLE_PLACES_API_KEY"),
    ("notion", "NOTION_API_TOKEN"),
    ("openai-whisper-api", "OPENAI_API_KEY"),
    ("sag", "ELEVENLABS_API_KEY"),
]
