// @ts-check
// The native helper: which one fits this machine, and is it the one that was built?

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { Failure } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { readVerified } from "./integrity.js";

/** This machine in the package's terms, for example `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`;

/** There is no usable helper. */
export class NoHelper extends Failure {
  /**
   * @param {string} why
   * @param {string} next What to do about it.
   */
  constructor(why, next) {
    super(why, next);
    this.name = "NoHelper";
  }
}

/** @type {Map<string, string>} */
const verified = new Map();

/**
 * Path of the helper, verified once a process.
 * @param {string} root Folder of the installed package: the helper outlives the copy that OpenClaw executes.
 * @returns {string}
 * @throws {NoHelper} If none fits or it does not run, saying why and what to do.
 * @throws {import("./integrity.js").DamagedPackage} If it was altered.
 */
export function helperPath(root) {
  const known = verified.get(root);
  if (known !== undefined) return known;
  const file = `bin/${platform}/${IDENTITY.helper}`;
  const path = join(root, file);
  if (!existsSync(path)) {
    throw new NoHelper(
      `this package has no ${IDENTITY.helper} for ${platform}, so the proxy is neither started nor watched`,
      "Build one from the source: `cargo xtask package --this-machine`.",
    );
  }
  ensureRuns(path, readVerified(file, root));
  verified.set(root, path);
  return path;
}

/** What ELF calls the machines that there are helpers for. */
const ELF_MACHINES = new Map([
  [62, "x64"],
  [183, "arm64"],
]);

/**
 * A helper that is as it was built may not run here all the same.
 * @param {string} path
 * @param {Buffer} bytes
 * @throws {NoHelper} If it does not.
 */
function ensureRuns(path, bytes) {
  const isElf = bytes.length >= 20 && bytes.readUInt32BE(0) === 0x7f454c46;
  const built = isElf ? ELF_MACHINES.get(bytes.readUInt16LE(18)) : undefined;
  if (built !== undefined && built !== process.arch) {
    throw new NoHelper(
      `${path} is built for ${built}, but this Node.js is for ${process.arch}`,
      "Install the package for this machine.",
    );
  }
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw (statSync(path).mode & 0o111) === 0o111
      ? new NoHelper(
          `${path} lies on a file system that is mounted noexec`,
          "Mount it with exec, or move OpenClaw's state directory (OPENCLAW_STATE_DIR) and install the plugin again.",
        )
      : new NoHelper(`${path} has lost its permission to run`, `chmod 755 '${path}'`);
  }
}
