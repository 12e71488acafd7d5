// @ts-check
// Cuts a stream of chunks into lines of JSON.

import { StringDecoder } from "node:string_decoder";

/** A line longer than this is dropped, in characters: the helper never writes one. */
const MAX_LINE = 256 * 1024;

/**
 * @param {(value: unknown) => void} onValue Called with each line that is JSON.
 * @returns {(chunk: Buffer | string) => void}
 */
export function jsonLines(onValue) {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let skipping = false;
  return (chunk) => {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.write(chunk))).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (skipping) skipping = false;
      else parse(line, onValue);
    }
    if (rest.length > MAX_LINE) {
      rest = "";
      skipping = true;
    }
  };
}

/**
 * @param {string} line
 * @param {(value: unknown) => void} onValue
 */
function parse(line, onValue) {
  if (line.trim() === "") return;
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return; // Not an event; the helper's log goes to stderr.
  }
  onValue(value);
}
