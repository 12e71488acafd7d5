// The versions of OpenClaw for which the audit has data, oldest first. Written by `cargo xtask routes`.
&["2026.7.1", "2026.7.35", "2026.8.2", "2026.9.1", "2026.9.6"]
