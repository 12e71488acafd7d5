// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "./fakes.js";

const folder = temporaryFolder();

/** Every package that was made, since each is loaded as a module of its own. */
let made = 0;

/**
 * A package with a helper, and the check of its files, loaded from there.
 * @param {string} [sums] `checksums.json`; the right one if left out.
 * @param {string | Buffer} [program] The helper.
 */
async function packaged(sums, program = "the helper\n") {
  made += 1;
  const root = join(folder, String(made));
  const helper = `bin/${process.platform}-${process.arch}/claude-proxy`;
  mkdirSync(join(root, helper, ".."), { recursive: true });
  writeFileSync(join(root, helper), program);
  chmodSync(join(root, helper), 0o755);
  const digest = createHash("sha256").update(program).digest("hex");
  writeFileSync(join(root, "checksums.json"), sums ?? JSON.stringify({ [helper]: digest }));
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  for (const name of ["integrity.js", "platform.js", "identity.js", "errors.js"]) {
    copyFileSync(new URL(`../${name}`, import.meta.url), join(root, name));
  }
  const load = (/** @type {string} */ name) => import(pathToFileURL(join(root, name)).href);
  return { root, helper, ...(await load("platform.js")), ...(await load("integrity.js")) };
}

test("the helper of an untouched package is used", async () => {
  const { root, helper, helperPath } = await packaged();
  assert.equal(helperPath(root), join(root, helper));
});

test("a helper with one altered byte is not run, and the file is named", async () => {
  const { root, helper, helperPath, DamagedPackage } = await packaged();
  const bytes = readFileSync(join(root, helper));
  bytes[3] = (bytes[3] ?? 0) ^ 1;
  writeFileSync(join(root, helper), bytes);
  assert.throws(
    () => helperPath(root),
    (/** @type {any} */ error) => error instanceof DamagedPackage && /claude-proxy of the plugin is altered\. hint: Install the plugin again: `openclaw plugins install/.test(error.message),
  );
});

test("a file that is missing, unknown or without checksums is not used", async () => {
  const whole = await packaged();
  rmSync(join(whole.root, whole.helper));
  assert.throws(() => whole.readVerified(whole.helper, whole.root), /is missing/);
  writeFileSync(join(whole.root, "extra"), "");
  assert.throws(() => whole.readVerified("extra", whole.root), /not listed/);
  const broken = await packaged("[");
  assert.throws(() => broken.readVerified(broken.helper, broken.root), /checksums\.json of the plugin is not readable/);
});

test("a helper that does not run gives one line with the next step", async () => {
  const noHelper = (/** @type {any} */ of, /** @type {RegExp} */ says) =>
    assert.throws(
      () => of.helperPath(of.root),
      (/** @type {any} */ error) => error instanceof of.NoHelper && says.test(error.message) && !error.message.includes("\n"),
    );
  // Unpacked without its bits.
  const locked = await packaged();
  chmodSync(join(locked.root, locked.helper), 0o644);
  noHelper(locked, /claude-proxy has lost its permission to run\. hint: chmod 755 '.*claude-proxy'$/);
  chmodSync(join(locked.root, locked.helper), 0o755);
  assert.equal(locked.helperPath(locked.root), join(locked.root, locked.helper));
  // For another machine.
  const [machine, other] = process.arch === "x64" ? [183, "arm64"] : [62, "x64"];
  const elf = Buffer.alloc(64);
  elf.write("\x7fELF");
  elf.writeUInt16LE(machine, 18);
  noHelper(await packaged(undefined, elf), new RegExp(`is built for ${other}, but this Node.js is for ${process.arch}. hint: Install the package`));
});

test("a helper on a file system that is mounted noexec is reported as that", { skip: !isRoot() }, async () => {
  const { root } = await packaged();
  const look = `import { helperPath } from "${root}/noexec/platform.js"; try { helperPath("${root}/noexec") } catch (e) { console.log(e.message) }`;
  const mounted = `mkdir noexec; cp -r *.js *.json bin "$0"; mount -t tmpfs -o noexec none noexec; cp -r "$0"/. noexec; "$1" --input-type=module -e "$2"`;
  const aside = temporaryFolder();
  const output = execFileSync("unshare", ["-m", "sh", "-c", mounted, aside, process.execPath, look], { cwd: root, encoding: "utf8" });
  assert.match(output, /noexec\/bin\/.*claude-proxy lies on a file system that is mounted noexec\. hint: Mount it with exec, or move/);
});

/** Only the administrator mounts; CI is. */
function isRoot() {
  const root = process.getuid?.() === 0;
  if (process.env["CI"] !== undefined && process.platform === "linux") assert.ok(root, "mounting needs root");
  return root;
}

test("a package without a helper for this machine says so in one line with the next step", async () => {
  const { root, helper, helperPath, NoHelper } = await packaged();
  rmSync(join(root, helper));
  assert.throws(
    () => helperPath(root),
    (/** @type {any} */ { message, ...error }) =>
      error.name === NoHelper.name &&
      message.includes(`no claude-proxy for ${process.platform}-${process.arch}`) &&
      message.endsWith("hint: Build one from the source: `cargo xtask package --this-machine`.") &&
      !message.includes("\n"),
  );
});
