// OpenClaw's own functions, by name. Its chunks export what other chunks need under short names, and much nothing at all;
// a load hook adds one export line to a chunk that defines a function, and changes nothing else of it.
import fs from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const MARK = "__own_";

/**
 * The functions of a package of OpenClaw.
 * @param {string} folder the package's folder
 * @param {string[]} names names of functions and constants at the top level of its chunks
 * @param {Record<string, string>} [from] how the name of the chunk begins, where several define one of that name
 * @returns {Promise<{own: Record<string, any>, missing: string[]}>} what was found, and the names that are not there
 */
export async function load(folder, names, from = {}) {
  // Absolute, as the loader names its files.
  const dist = path.resolve(folder, "dist");
  const wanted = new Map();
  const left = new Set(names);
  const defines = new RegExp(`^(?:async )?(?:function\\*? |const |let |class )(${names.join("|")})\\b`, "gm");
  for (const name of fs.readdirSync(dist)) {
    if (!/\.m?js$/u.test(name)) continue;
    const file = path.join(dist, name);
    for (const [, found] of fs.readFileSync(file, "latin1").matchAll(defines)) {
      if (from[found] && !name.startsWith(from[found])) continue;
      if (!left.delete(found)) continue;
      wanted.set(file, [...(wanted.get(file) ?? []), found]);
    }
  }
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const found = url.startsWith("file:") ? wanted.get(fileURLToPath(url)) : undefined;
      if (!found) return loaded;
      const line = `\nexport { ${found.map((name) => `${name} as ${MARK}${name}`).join(", ")} };\n`;
      return { ...loaded, source: loaded.source.toString() + line };
    },
  });
  const own = {};
  for (const [file, found] of wanted) {
    const module = await import(pathToFileURL(file).href);
    for (const name of found) own[name] = module[MARK + name];
  }
  return { own, missing: [...left] };
}
