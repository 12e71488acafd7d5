// The component as a command in Node: the WASI of jco (`jco run` does the same), no code of ours for any import.
// Usage: node filter.mjs FOLDER_OF_THE_TRANSPILED_COMPONENT ARGUMENT…
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { _setArgs } from "@bytecodealliance/preview2-shim/cli";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";

const [folder, ...given] = process.argv.slice(2);
_setArgs(["plugin.wasm", ...given]);
const { instantiate } = await import(pathToFileURL(join(folder, "plugin.js")));
const compiled = (name) => new WebAssembly.Module(readFileSync(join(folder, name)));
const { run } = instantiate(compiled, new WASIShim().getImportObject());
try {
  run.run();
} catch (error) {
  if (!("payload" in error)) throw error;
  process.exitCode = 1;
}
