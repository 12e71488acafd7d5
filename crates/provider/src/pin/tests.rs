use super::*;

#[test]
fn what_pins_a_command() {
    const DIGEST: &str =
        "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    for (command, pinned) in [
        (&["bunx", "opencode-claude-max-proxy"][..], false),
        (&["bunx", "opencode-claude-max-proxy@1.43.0"], true),
        (&["bunx", "--bun", "@rynfar/meridian@1.43.0"], true),
        (&["bunx", "@rynfar/meridian"], false),
        (&["npx", "-y", "x@latest"], false),
        (&["npx", "-y", "x@^1.2.3"], false),
        (&["npx", "-y", "x@1.2"], false),
        (&["npm", "exec", "x@1.2.3"], true),
        (&["/usr/local/bin/bunx", "x"], false),
        (&["bunx"], false),
        (&[], false),
        // Flags with values are not packages.
        (&["npx", "--registry", "r@1.2.3", "x"], false),
        (&["npx", "--registry=r", "x@1.2.3"], true),
        (&["npx", "-p", "x@1.2.3", "x"], true),
        (&["npx", "--package=x", "x@1.2.3"], false),
        (&["npx", "-p", "x@1.2.3", "-p", "y", "x"], false),
        (&["npx", "-c", "x@1.2.3"], false),
        (&["npm", "--prefix", "/p", "exec", "--", "x"], false),
        (&["npm", "--silent", "x", "--yes", "x@1.2.3"], true),
        (&["npm", "start"], false),
        (&["npm", "run", "x@1.2.3"], false),
        (&["pnpm", "--package=x", "dlx", "y"], false),
        (&["pnpm", "dlx", "x@1.2.3"], true),
        (&["yarn", "dlx", "-p", "x@1.2.3", "x"], true),
        (&["yarn", "dlx", "x"], false),
        (&["bun", "x", "x"], false),
        (&["bun", "x", "x@1.2.3", "--port", "1"], true),
        (&["bun", "run", "start"], false),
        (&["bun", "run", "./cli.ts"], true),
        (&["bun", "cli.ts"], true),
        // Through what only starts another program.
        (&["env", "bunx", "x"], false),
        (&["env", "-u", "A", "B=c", "bunx", "x@1.2.3"], true),
        (&["env", "-i", "A=1", "npx", "x"], false),
        (&["env", "-S", "bunx x"], false),
        (&["env", "-Sbunx x@1.2.3"], true),
        (&["env", "A=b"], false),
        (&["nice", "-n", "5", "bunx", "x"], false),
        (&["nice", "-n5", "bunx", "x@1.2.3"], true),
        (&["setsid", "-f", "bunx", "x"], false),
        (&["timeout", "-k", "5", "10", "bunx", "x"], false),
        (&["timeout", "10", "bunx", "x@1.2.3"], true),
        (&["nohup", "bunx", "x"], false),
        (&["sudo", "-u", "me", "-E", "bunx", "x"], false),
        (&["sudo", "nice", "env", "A=b", "bunx", "x@1.2.3"], true),
        (
            &[
                "env", "env", "env", "env", "env", "env", "env", "env", "env", "env", "/x",
            ],
            false,
        ),
        // Whatever wraps a runner, by whichever path, known here or not.
        (&["/usr/bin/xargs", "bunx", "x"], false),
        (&["/usr/bin/xargs", "bunx", "x@1.2.3"], true),
        (
            &["/usr/sbin/chroot", "--userspec=a", "/", "npx", "x"],
            false,
        ),
        (&["/usr/bin/nice", "-n", "5", "bunx", "x"], false),
        (&["/usr/bin/timeout", "5", "/opt/bin/npx", "x"], false),
        (
            &["/usr/bin/setsid", "-f", "bunx", "@rynfar/meridian"],
            false,
        ),
        (&["/usr/bin/stdbuf", "-oL", "bunx", "x"], false),
        (&["/usr/bin/ionice", "-c2", "uvx", "x"], false),
        (&["unbuffer", "-p", "bunx", "./x"], false),
        (&["doas", "-u", "me", "npm", "exec", "x"], false),
        (&["/sbin/runuser", "-u", "me", "--", "bunx", "x"], false),
        (&["/bin/su", "me", "-c", "bunx x"], false),
        (&["/bin/su", "-c", "exec /opt/bin/bunx x", "me"], false),
        (&["/opt/gosu", "me", "sh", "-c", "/opt/x"], false),
        (&["/opt/watch", "--exec=npx x"], false),
        (&["/opt/mise", "exec", "--", "npx", "x"], false),
        (&["/usr/bin/xargs", "docker", "run", "x"], false),
        (&["/usr/bin/nix", "run", "nixpkgs#x"], false),
        (
            &["node", "/usr/lib/node_modules/npm/bin/npx-cli.js", "x"],
            false,
        ),
        (&["node", "/opt/bin/npx", "x@1.2.3"], true),
        (&["python3", "-m", "pipx", "run", "x"], false),
        (&["sh", "/opt/bin/npx", "x"], false),
        (&["@rynfar/meridian"], false),
        (&["C:\\bin\\npx.cmd", "x"], false),
        (&["/bin/su", "me", "/opt/start.sh"], true),
        // What was fetched or contained starts another one.
        (&["npx", "-y", "cross-env@7.0.3", "A=b", "npx", "x"], false),
        (&["docker", "run", "x:1.2.3", "bunx", "y"], false),
        (&["docker", "run", "x:1.2.3", "bunx", "y@1.2.3"], true),
        // Texts are not looked into.
        (&["sh", "-c", "bunx x@1.2.3"], false),
        (&["bash", "-lc", "bunx x"], false),
        (&["bash", "-l", "-c", "bunx x"], false),
        (&["/bin/zsh", "-ic", "x"], false),
        (&["env", "bash", "-o", "pipefail", "-ec", "x"], false),
        (&["fish", "--command", "x"], false),
        (&["bash", "/opt/start.sh"], true),
        (&["sh"], false),
        (&["node", "-e", "x"], false),
        (&["python3", "-c", "x"], false),
        // Python's.
        (&["uvx", "x"], false),
        (&["uvx", "x@1.2.3"], true),
        (&["uvx", "x==1.2"], true),
        (&["uvx", "x==1.*"], false),
        (&["uvx", "--from", "x==1.2.3", "x"], true),
        (&["uvx", "--from", "x", "x@1.2.3"], false),
        (&["uvx", "--with", "y", "x==1.2.3"], false),
        (&["uvx", "--python", "3.12", "x"], false),
        (&["uv", "tool", "run", "x==1.2.3"], true),
        (&["uv", "tool", "run", "x"], false),
        (&["uv", "run", "x"], false),
        (&["pipx", "run", "x"], false),
        (&["pipx", "run", "--spec", "x==1.2.3", "x"], true),
        (&["python3", "-m", "proxy"], true),
        // Containers.
        (&["docker", "run", "x:latest"], false),
        (&["docker", "run", "x"], false),
        (
            &["docker", "run", "--rm", "-it", "-p", "1:2", "x:1.43.0"],
            true,
        ),
        (
            &["docker", "run", "--rm", "-p1:2", "--name=n", "x:v1.43.0"],
            true,
        ),
        (&["docker", "run", "--name", "a:1.2.3", "x:1"], false),
        (&["podman", "run", "registry.example:5000/x"], false),
        (&["podman", "run", DIGEST], true),
        (&["podman", "run", "x@sha256:0123"], false),
        (&["docker", "container", "run", "x:1.2.3"], true),
        (&["docker", "start", "-a", "proxy"], true),
        (&["docker", "compose", "up"], false),
        (&["deno", "run", "-A", "npm:x"], false),
        (&["deno", "run", "-A", "npm:x@1.2.3"], true),
        // Installed.
        (&["/opt/meridian/bin/meridian"], true),
        (&["./meridian"], true),
        (&["meridian"], true),
        (&["claude-max-api", "{port}"], true),
        (&["node", "dist/cli.js"], true),
        (&["node", "--import", "x", "dist/cli.js"], true),
        (&["node"], false),
        (&["my-launcher"], false),
    ] {
        let words: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        let doubt = doubt(&words);
        assert_eq!(doubt.is_none(), pinned, "{command:?}: {doubt:?}");
    }
}

#[test]
fn a_doubt_names_what_it_is_about() {
    for (command, part) in [
        (&["env", "bunx", "x"][..], "`bunx` fetches `x`"),
        (&["docker", "run", "x:latest"], "image `x:latest`"),
        (&["bash", "-lc", "x"], "text for `bash`"),
        (&["my-launcher"], "full path"),
    ] {
        let words: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        let doubt = doubt(&words).unwrap();
        assert!(doubt.contains(part), "{doubt}");
    }
}
