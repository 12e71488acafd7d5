// The OpenClaw package's share of a start: import and register, with an OpenClaw that takes everything.
// Usage: node package.mjs ENTRY_OF_THE_PACKAGE
import { pathToFileURL } from "node:url";

const figures = {};
let since = performance.now();
const { default: plugin } = await import(pathToFileURL(process.argv[2]));
figures.import = (performance.now() - since) * 1e3;
const lines = [];
const logger = { info() {}, warn() {}, error: (line) => lines.push(line) };
const api = new Proxy({ rootDir: "/nowhere", logger }, { get: (target, name) => target[name] ?? (() => {}) });
since = performance.now();
plugin.register(api);
figures.register = (performance.now() - since) * 1e3;
if (lines.length > 0) throw new Error(lines.join("\n"));
figures["peak memory"] = process.resourceUsage().maxRSS;
console.log(JSON.stringify(figures));
