// @ts-check
// The native helper: which one fits this machine, and is it the one that was built?

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { IDENTITY } from "./identity.js";
import { readVerified } from "./integrity.js";

/** This machine in the package's terms, for example `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`;

/** There is no usable helper. */
export class NoHelper extends Error {
  /** @param {string} why */
  constructor(why) {
    super(why);
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
      `this package has no ${IDENTITY.helper} for ${platform}, so the proxy is neither started nor watched; ` +
        `build one from the source with: cargo xtask package --this-machine`,
    );
  }
  const why = whyNotRun(path, readVerified(file, root));
  if (why !== undefined) throw new NoHelper(`${path} ${why}`);
  verified.set(root, path);
  return path;
}

/** What ELF calls the machines that there are helpers for. */
const ELF_MACHINES = new Map([
  [62, "x64"],
  [183, "arm64"],
]);

/**
 * Why a helper that is as it was built does not run here all the same, and what to do; nothing where it does.
 * @param {string} path
 * @param {Buffer} bytes
 */
function whyNotRun(path, bytes) {
  const isElf = bytes.length >= 20 && bytes.readUInt32BE(0) === 0x7f454c46;
  const built = isElf ? ELF_MACHINES.get(bytes.readUInt16LE(18)) : undefined;
  if (built !== undefined && built !== process.arch) {
    return `is built for ${built}, but this Node.js is for ${process.arch}; take the package of this machine`;
  }
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return (statSync(path).mode & 0o111) === 0o111
      ? "lies on a file system that is mounted noexec; mount it with exec, or move OpenClaw's state directory (OPENCLAW_STATE_DIR) and install the plugin again"
      : `has lost its permission to run; run: chmod 755 '${path}'`;
  }
}
