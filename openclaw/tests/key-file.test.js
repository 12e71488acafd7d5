// @ts-check

import assert from "node:assert/strict";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { partsOf } from "../errors.js";
import { readKey } from "../key-file.js";
import { temporaryFolder } from "./fakes.js";

const folder = temporaryFolder();

/**
 * @param {string} name
 * @param {string | Buffer} content
 * @param {number} mode
 */
function file(name, content, mode) {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test("a private file with one word is a key", () => {
  assert.equal(readKey(file("plain", "sk-own-1234", 0o600)), "sk-own-1234");
  assert.equal(readKey(file("line", " sk-own-1234\r\n", 0o400)), "sk-own-1234");
});

test("a bad key file gives one line that does not show its content", () => {
  const link = join(folder, "link");
  symlinkSync(file("good", "secret-word", 0o600), link);
  /** @type {Array<[string, RegExp]>} */
  const cases = [
    [link, /is a link\. hint: Name the file itself/],
    [folder, /is not a regular file/],
    [join(folder, "gone"), /cannot be read \(ENOENT\)/],
    [file("empty", "", 0o600), /is empty\. hint: Put/],
    [file("blank", " \n\n", 0o600), /is empty/],
    [file("group", "secret-word", 0o640), /\(mode 640\)\. hint: chmod 600 '.*group'$/],
    [file("world", "secret-word", 0o604), /mode 604/],
    [file("long", "secret-word".repeat(200), 0o600), /is longer than 1024 bytes/],
    [file("two", "secret-word\nmore", 0o600), /more than one word/],
    [file("bytes", Buffer.from("secret\xff", "latin1"), 0o600), /more than one word/],
  ];
  for (const [path, expected] of cases) {
    assert.throws(
      () => readKey(path),
      (/** @type {Error} */ error) => {
        assert.match(error.message, expected);
        assert.ok(error.message.includes(path), error.message);
        assert.doesNotMatch(partsOf(error).reason, /hint:/);
        assert.doesNotMatch(error.message, /secret|\n/);
        return true;
      },
    );
  }
});
