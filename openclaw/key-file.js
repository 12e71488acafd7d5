// @ts-check
// The file with the key of the proxy: the generated one, or the one that the user named. It is read anew for each run, and
// only where nobody else can read it. The native helper holds it to the same rules (crates/host/src/key_file.rs).

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

import { codeOf, Failure } from "./errors.js";

/** Longest key that is accepted, in bytes. */
const LONGEST = 1024;

/**
 * @param {string} path
 * @returns {string} The key; never to be shown.
 * @throws {Error} If it cannot be used; the message is one line that names the file, and nothing that is in it.
 */
export function readKey(path) {
  // Of the file that was opened, whatever the name leads to by then; a pipe is not waited for.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let file;
  try {
    file = openSync(path, flags);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ELOOP") throw new Failure(`${path} is a link`, "Name the file itself.");
    throw new Error(`${path} cannot be read (${code})`);
  }
  try {
    return keyIn(path, file);
  } finally {
    closeSync(file);
  }
}

/**
 * @param {string} path
 * @param {number} file
 */
function keyIn(path, file) {
  const about = fstatSync(file);
  if (!about.isFile()) throw new Error(`${path} is not a regular file`);
  const user = process.geteuid?.();
  if (user !== undefined && about.uid !== user) throw new Error(`${path} belongs to another user`);
  if (user !== undefined && (about.mode & 0o077) !== 0) {
    throw new Failure(`${path} is open to other users (mode ${(about.mode & 0o777).toString(8)})`, `chmod 600 '${path}'`);
  }
  const bytes = Buffer.alloc(LONGEST + 1);
  let size = 0;
  try {
    for (let read = -1; read !== 0 && size < bytes.length; size += read) {
      read = readSync(file, bytes, size, bytes.length - size, null);
    }
  } catch (error) {
    throw new Error(`${path} cannot be read (${codeOf(error)})`);
  }
  if (size > LONGEST) throw new Error(`${path} is longer than ${LONGEST} bytes`);
  const key = bytes.toString("latin1", 0, size).trim();
  if (key === "") throw new Failure(`${path} is empty`, "Put the proxy's key into it.");
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error(`${path} holds more than one word of plain text`);
  return key;
}
