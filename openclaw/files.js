// @ts-check
// Files as the audit may read them: regular ones, of a bounded length, opened so that a pipe cannot make anybody wait.
// Node has four threads for all file work, so one that waits is felt everywhere. Included files are read by OpenClaw's own
// rule, as the helper reads them: nothing outside the configuration's folder and `OPENCLAW_INCLUDE_ROOTS`, also not
// through a link, and nothing that has a second name.

import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";

import { codeOf, messageOf } from "./errors.js";
import { includeRootsOf } from "./location.js";

/** Longest included file, in bytes, as in OpenClaw. */
const MAX_INCLUDE = 2 << 20;
/** Longest file that OpenClaw has stored, in bytes; it reads no longer `.env` file either. */
const MAX_STORED = 1 << 20;
/** Longest configuration, or copy of one, in bytes. */
const LONGEST = 64 << 20;

/**
 * @typedef {object} Rules
 * @property {number} longest In bytes.
 * @property {boolean} singleName Whether the file may have only this one name.
 */

/**
 * The text of a configuration or of a copy of it.
 * @param {string} path
 * @returns {Promise<string | undefined>} Nothing where there is no such file.
 * @throws {Error} If it is there and cannot be read, saying why.
 */
export async function readDocument(path) {
  try {
    return await readRegular(path, { longest: LONGEST, singleName: false });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new Error(`${path} cannot be read: ${codeOf(error) ?? messageOf(error)}`);
  }
}

/**
 * The text of a copy that OpenClaw may put in place of its configuration.
 * @param {string} path
 * @returns {Promise<string | undefined>} Nothing where it cannot be read.
 */
export const readBackup = (path) => readDocument(path).catch(() => undefined);

/**
 * The text of an included file.
 * @param {string} configPath
 * @param {string} named As the component gives it: absolute, or from the configuration's folder.
 * @returns {Promise<string | undefined>} Nothing where OpenClaw would not read it either.
 */
export async function readIncluded(configPath, named) {
  const folder = dirname(resolve(configPath));
  const path = resolve(folder, named);
  const roots = [folder, ...includeRootsOf(process.env)];
  if (!roots.some((root) => isInside(path, root))) return undefined;
  try {
    const real = await realpath(path);
    const inside = await Promise.all(roots.map(async (root) => isInside(real, await realpath(root).catch(() => root))));
    if (!inside.includes(true)) return undefined;
    return await readRegular(real, { longest: MAX_INCLUDE, singleName: true });
  } catch {
    return undefined;
  }
}

/**
 * A file that OpenClaw has stored. A link is followed, as OpenClaw does.
 * @param {string} path
 * @param {number} most Bytes that may be read.
 * @returns {Promise<{ text: string | undefined } | undefined>} Nothing where there is no such file; no text where it cannot
 *   be read.
 */
export async function readStored(path, most) {
  try {
    return { text: await readRegular(path, { longest: Math.min(MAX_STORED, most), singleName: false }) };
  } catch (error) {
    return ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "") ? undefined : { text: undefined };
  }
}

/**
 * @param {string} path
 * @param {Rules} rules
 */
async function readRegular(path, { longest, singleName }) {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDONLY | (O_NONBLOCK ?? 0) | (singleName ? (O_NOFOLLOW ?? 0) : 0));
  try {
    const now = await file.stat();
    if (!now.isFile()) throw new Error(now.isDirectory() ? "it is a directory" : "it is a device, pipe or socket");
    if (singleName && now.nlink > 1) throw new Error("it has a second name");
    if (now.size > longest) throw tooLong(longest);
    const bytes = await file.readFile();
    // It may have grown since.
    if (bytes.length > longest) throw tooLong(longest);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } finally {
    await file.close();
  }
}

/** @param {number} longest */
const tooLong = (longest) => new Error(`it is longer than ${longest} bytes`);

/**
 * @param {string} path
 * @param {string} root
 */
function isInside(path, root) {
  const inner = relative(root, path);
  return inner !== "" && inner !== ".." && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
}
