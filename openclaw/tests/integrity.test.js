// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "integrity-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Every package that was made, since each is loaded as a module of its own. */
let made = 0;

/**
 * A package with a helper, and the check of its files, loaded from there.
 * @param {string} [sums] `checksums.json`; the right one if left out.
 */
async function packaged(sums) {
  made += 1;
  const root = join(folder, String(made));
  const helper = `bin/${process.platform}-${process.arch}/claude-proxy`;
  mkdirSync(join(root, helper, ".."), { recursive: true });
  writeFileSync(join(root, helper), "the helper\n");
  chmodSync(join(root, helper), 0o755);
  const digest = createHash("sha256").update("the helper\n").digest("hex");
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
    (/** @type {any} */ error) => error instanceof DamagedPackage && /claude-proxy of the plugin is altered/.test(error.message),
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

test("a package without a helper for this machine says so in one line that names the machine and the way out", async () => {
  const { root, helper, helperPath, NoHelper } = await packaged();
  rmSync(join(root, helper));
  assert.throws(
    () => helperPath(root),
    (/** @type {any} */ { message, ...error }) =>
      error.name === NoHelper.name &&
      message.includes(`no claude-proxy for ${process.platform}-${process.arch}`) &&
      message.includes("cargo xtask package --this-machine") &&
      !message.includes("\n"),
  );
});
