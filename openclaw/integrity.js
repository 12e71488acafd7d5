// @ts-check
// Are the files of the package the ones that were built? `checksums.json` has the SHA-256 of each.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Failure } from "./errors.js";

/** Folder of the code that runs: OpenClaw executes a throw-away copy of the package. */
export const packageRoot = fileURLToPath(new URL(".", import.meta.url));

/** A file of the package is missing or not the one that was built. */
export class DamagedPackage extends Failure {
  /**
   * @param {string} file Path within the package.
   * @param {string} why What is wrong with it.
   */
  constructor(file, why) {
    super(`${file} of the plugin is ${why}`, "Install the plugin again: `openclaw plugins install --force PACKAGE`.");
    this.name = "DamagedPackage";
    this.file = file;
  }
}

/** @type {Record<string, string> | undefined} */
let checksums;
/** @type {string | undefined} */
let build;

/**
 * Tells one build of the package from another, also where both have the same version. A process may hold what an
 * earlier build left there.
 * @returns {string}
 */
export function buildId() {
  try {
    build ??= digest(read("checksums.json", packageRoot));
  } catch {
    // Nothing of such a package passes the check below.
    build = "without checksums";
  }
  return build;
}

/**
 * Reads a file of the package and checks it.
 * @param {string} file Path within the package, with `/`.
 * @param {string} [root] Where to read it; the copy that runs if left out.
 * @returns {Buffer}
 * @throws {DamagedPackage} If it is missing, unknown or altered.
 */
export function readVerified(file, root = packageRoot) {
  checksums ??= readChecksums();
  const expected = checksums[file];
  if (expected === undefined) throw new DamagedPackage(file, "not listed in checksums.json");
  const bytes = read(file, root);
  if (digest(bytes) !== expected) throw new DamagedPackage(file, "altered");
  return bytes;
}

/** @param {Buffer} bytes */
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @returns {Record<string, string>} */
function readChecksums() {
  const file = "checksums.json";
  const text = read(file, packageRoot).toString("utf8");
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new DamagedPackage(file, "not readable");
}

/**
 * @param {string} file
 * @param {string} root
 */
function read(file, root) {
  try {
    return readFileSync(join(root, file));
  } catch {
    throw new DamagedPackage(file, "missing");
  }
}
