// @ts-check
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { readBackup, readDocument, readIncluded } from "../files.js";
import { temporaryFolder } from "./fakes.js";

const place = temporaryFolder();
const [folder, other, shared] = ["config", "other", "shared"].map((name) => {
  const path = join(place, name);
  mkdirSync(path);
  return path;
});
assert.ok(folder && other && shared);
const configPath = join(folder, "openclaw.json");
const included = (/** @type {string} */ named) => readIncluded(configPath, named);

test("only what OpenClaw would read is handed over", async (t) => {
  t.after(() => delete process.env["OPENCLAW_INCLUDE_ROOTS"]);
  process.env["OPENCLAW_INCLUDE_ROOTS"] = ` ${shared} :`;
  writeFileSync(join(folder, "in.json5"), "in");
  writeFileSync(join(folder, "..dots"), "dots");
  writeFileSync(join(other, "out.json5"), "out");
  writeFileSync(join(shared, "root.json5"), "root");
  writeFileSync(join(folder, "twice.json5"), "twice");
  linkSync(join(folder, "twice.json5"), join(folder, "twin.json5"));
  symlinkSync(join(folder, "in.json5"), join(folder, "way.json5"));
  symlinkSync(join(other, "out.json5"), join(folder, "leads-out.json5"));
  symlinkSync(other, join(folder, "folder-out"));
  symlinkSync(join(folder, "in.json5"), join(other, "leads-in.json5"));
  symlinkSync(join(folder, "loop"), join(folder, "loop"));
  writeFileSync(join(folder, "long.json5"), Buffer.alloc((2 << 20) + 1, 32));
  writeFileSync(join(folder, "longest.json5"), Buffer.alloc(2 << 20, 32));
  writeFileSync(join(folder, "bytes.json5"), Buffer.from([0xff]));
  mkdirSync(join(folder, "inner"));

  assert.equal(await included("./in.json5"), "in");
  assert.equal(await included(join(folder, "in.json5")), "in");
  assert.equal(await included("inner/../in.json5"), "in");
  assert.equal(await included("..dots"), "dots");
  assert.equal(await included("way.json5"), "in");
  assert.equal(await included(join(shared, "root.json5")), "root");
  assert.equal((await included("longest.json5"))?.length, 2 << 20);
  for (const named of [
    "gone.json5",
    "../other/out.json5",
    join(other, "out.json5"),
    "../other/leads-in.json5",
    "leads-out.json5",
    "folder-out/out.json5",
    "twice.json5",
    "twin.json5",
    "long.json5",
    "bytes.json5",
    "inner",
    ".",
    "loop",
    "/dev/zero",
    "nul\0",
  ]) {
    assert.equal(await included(named), undefined, named);
  }
});

test("a pipe is refused as a file, without waiting for it", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  // More than Node has threads for file work.
  const seen = await Promise.all(Array.from({ length: 8 }, () => included("pipe")));
  assert.deepEqual(new Set(seen), new Set([undefined]));
  assert.equal(await readBackup(pipe), undefined);
  await assert.rejects(readDocument(pipe), /pipe cannot be read: it is a device, pipe or socket/);
  await assert.rejects(readDocument(folder), /cannot be read: it is a directory/);
  assert.equal(await readDocument(join(folder, "gone")), undefined);
});
