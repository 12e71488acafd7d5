use super::*;

#[test]
fn what_pins_a_command() {
    const DIGEST: &str =
        "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    // Whether a restart runs the same code, and the command; `~` is a blank in a word.
    const CASES: &str = r#"
        open   bunx opencode-claude-max-proxy
        pinned bunx opencode-claude-max-proxy@1.43.0
        pinned bunx --bun @rynfar/meridian@1.43.0
        open   bunx @rynfar/meridian
        open   npx -y x@^1.2.3
        open   npx -y x@1.2
        pinned npm exec x@1.2.3
        open   /usr/local/bin/bunx x
        open   bunx
        open
        # Flags with values are not packages.
        open   npx --registry r@1.2.3 x
        pinned npx --registry=r x@1.2.3
        open   npx --package=x x@1.2.3
        open   npx -p x@1.2.3 -p y x
        open   npx -c x@1.2.3
        open   npm --prefix /p exec -- x
        pinned npm --silent x --yes x@1.2.3
        open   npm start
        open   npm run x@1.2.3
        open   pnpm --package=x dlx y
        pinned pnpm dlx x@1.2.3
        pinned yarn dlx -p x@1.2.3 x
        open   yarn dlx x
        open   bun x x
        pinned bun x x@1.2.3 --port 1
        open   bun run start
        pinned bun run ./cli.ts
        pinned bun cli.ts
        pinned bun ./cli.ts x y
        # Through what only starts another program.
        open   env bunx x
        pinned env -u A B=c bunx x@1.2.3
        open   env -i A=1 npx x
        open   env -S bunx~x
        open   env -Sbunx~x@1.2.3
        # Flags of these may take a value: only what starts others is found behind one.
        open   env -C /opt/x my-launcher
        open   env my-launcher node /opt/x.js
        open   env -i my-launcher node /opt/x.js
        open   nohup my-launcher bunx x@1.0.0
        open   sudo fnm exec node /opt/cli.js
        open   nohup 7z /opt/x
        pinned sudo -u meridian node /opt/x.js
        pinned env -i -C /opt A=b /opt/x
        open   env -C/opt/x my-launcher
        pinned systemd-run --uid=me /opt/x
        open   sudo -u meridian my-launcher
        pinned timeout 10 /opt/x
        open   timeout 10 my-launcher
        open   env A=b
        pinned nice -n5 bunx x@1.2.3
        open   sudo -u me -E bunx x
        pinned sudo nice env A=b bunx x@1.2.3
        open   env env env env env env env env env env /x
        # Whatever wraps a runner, by whichever path, known here or not.
        open   /usr/bin/xargs bunx x
        pinned /usr/bin/xargs bunx x@1.2.3
        open   /usr/sbin/chroot --userspec=a / npx x
        open   /bin/su me -c bunx~x
        open   /bin/su -c exec~/opt/bin/bunx~x me
        open   /opt/gosu me sh -c /opt/x
        open   /opt/watch --exec=npx~x
        open   /opt/mise exec -- npx x
        open   /usr/bin/nix run nixpkgs#x
        open   node /usr/lib/node_modules/npm/bin/npx-cli.js x
        pinned node /opt/bin/npx x@1.2.3
        open   python3 -m pipx run x
        open   sh /opt/bin/npx x
        open   @rynfar/meridian
        open   C:\bin\npx.cmd x
        pinned /bin/su me /opt/start.sh
        # What was fetched or contained starts another one.
        open   npx -y cross-env@7.0.3 A=b npx x
        open   docker run x:1.2.3 bunx y
        pinned docker run x:1.2.3 bunx y@1.2.3
        # Texts are not looked into.
        open   sh -c bunx~x@1.2.3
        open   bash -l -c bunx~x
        open   /bin/zsh -ic x
        open   env bash -o pipefail -ec x
        open   fish --command x
        pinned bash /opt/start.sh
        open   sh
        open   node -e x
        open   python3 -c x
        # Python's.
        open   uvx x
        pinned uvx x@1.2.3
        pinned uvx x==1.2
        open   uvx x==1.*
        pinned uvx --from x==1.2.3 x
        open   uvx --from x x@1.2.3
        open   uvx --with y x==1.2.3
        open   uvx --python 3.12 x
        pinned uv tool run x==1.2.3
        open   uv tool run x
        open   pipx run x
        pinned pipx run --spec x==1.2.3 x
        pinned python3 -m proxy
        # Containers.
        open   docker run x:latest
        open   docker run x
        pinned docker run --rm -it -p 1:2 x:1.43.0
        pinned docker run --rm -p1:2 --name=n x:v1.43.0
        open   docker run --name a:1.2.3 x:1
        open   podman run registry.example:5000/x
        pinned podman run DIGEST
        open   podman run x@sha256:0123
        pinned docker container run x:1.2.3
        pinned docker start -a proxy
        open   docker compose up
        open   deno run -A npm:x
        pinned deno run -A npm:x@1.2.3
        # Installed.
        pinned /opt/meridian/bin/meridian
        pinned ./meridian
        pinned meridian
        pinned claude-max-api {port}
        pinned node --import x dist/cli.js
        open   node
        open   my-launcher"#;
    let cases = CASES.replace("DIGEST", DIGEST);
    let cases = cases.lines().map(str::trim);
    for case in cases.filter(|case| !case.is_empty() && !case.starts_with('#')) {
        let mut words = case.split_whitespace().map(|word| word.replace('~', " "));
        let pinned = words.next().as_deref() == Some("pinned");
        let reason = unpinned_reason(&words.collect::<Vec<_>>());
        assert_eq!(reason.is_none(), pinned, "{case}: {reason:?}");
    }
}
