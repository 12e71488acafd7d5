// @ts-check
// npx @bytecodealliance/jco transpile plugin.wasm --instantiation sync -o plugin; node audit.mjs openclaw.json
import { readFileSync } from "node:fs";
import { instantiate } from "./plugin/plugin.js";

const here = new URL("./plugin/", import.meta.url);
const module = (/** @type {string} */ name) => new WebAssembly.Module(readFileSync(new URL(name, here)));
// Every import is refused when it is called; the component never calls one.
const refuse = () => new Proxy(class {}, { apply() { throw new Error("no"); }, construct() { throw new Error("no"); } });
/** @type {any} */
const nothing = new Proxy({}, { get: () => new Proxy({}, { get: refuse }) });
const plugin = instantiate(module, nothing);

const document = readFileSync(process.argv[2] ?? "openclaw.json", "utf8");
/** @type {import("./plugin/interfaces/claude-proxy-plugin-config.js").AuditInput} */
const input = { document, files: [], variables: [], backups: [], storedFiles: [], storedLists: [], notAsked: [] };
for (;;) {
  const outcome = plugin.config.audit(input);
  if (outcome.tag === "report") {
    for (const { severity, path, message } of outcome.val.findings) console.log(`${severity} ${path}: ${message}`);
    process.exit(outcome.val.closed ? 0 : 1);
  }
  // What this host does not look up counts as "not to be had", which is never closed.
  for (const { tag, val } of outcome.val) {
    if (tag === "file") input.files.push({ path: val });
    else input.variables.push({ name: val, value: process.env[val] });
  }
}
