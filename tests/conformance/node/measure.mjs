// Times and memory in Node. Usage: node measure.mjs FOLDER_OF_THE_TRANSPILED_COMPONENT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const figures = {};
const note = (name, since) => { figures[name] = (performance.now() - since) * 1e3; };
let since = performance.now();
const { instantiate } = await import(pathToFileURL(join(folder, "plugin.js")));
note("import", since);
since = performance.now();
const refuse = () => function () { throw new Error("denied"); };
const denied = new Proxy({}, { get: () => new Proxy({}, { get: refuse }) });
const modules = new Map();
const compiled = (name) => {
  if (!modules.has(name)) modules.set(name, new WebAssembly.Module(readFileSync(join(folder, name))));
  return modules.get(name);
};
const plugin = instantiate(compiled, denied);
note("compile, instantiate", since);
since = performance.now();
const settings = plugin.types.Settings.parse("{}");
note("first call", since);
const warm = (name, work) => {
  const times = 2000;
  for (let n = 0; n < times; n += 1) work();
  const since = performance.now();
  for (let n = 0; n < times; n += 1) work();
  figures[name] = ((performance.now() - since) * 1e3) / times;
};
const run = { provider: "anthropic-claude-proxy", model: "claude-opus-4-6", trigger: "user", origin: "" };
warm("describe", () => plugin.provider.describe());
warm("guard", () => plugin.runtime.guard(settings, run));
figures["peak memory"] = process.resourceUsage().maxRSS;
console.log(JSON.stringify(figures));
