// @ts-check
// The native helper: which one fits this machine, and is it the one that was built?

import { existsSync } from "node:fs";
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
 * @throws {NoHelper} If none fits, saying what is missing and how to build it.
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
  readVerified(file, root);
  verified.set(root, path);
  return path;
}
