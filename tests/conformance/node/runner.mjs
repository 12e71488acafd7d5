// A host in Node: the transpiled component with every import denied, against all vectors.
// Usage: node runner.mjs FOLDER_OF_THE_TRANSPILED_COMPONENT FOLDER_OF_THE_VECTORS
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [component, vectors] = process.argv.slice(2);
const { instantiate } = await import(pathToFileURL(join(component, "plugin.js")));

const modules = new Map();
const compiled = (name) => {
  if (!modules.has(name)) modules.set(name, new WebAssembly.Module(readFileSync(join(component, name))));
  return modules.get(name);
};
const refuse = (name) => function () { throw new Error(`the component called ${name}`); };
const denied = new Proxy({}, { get: (_, name) => new Proxy({}, { get: (_, member) => refuse(`${name}#${member}`) }) });

const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isVariant = (value) => isObject(value) && "kind" in value && Object.keys(value).every((key) => key === "kind" || key === "value");
const mapped = (value, change) => Array.isArray(value) ? value.map(change)
  : isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)])) : value;

/** `$text`, `$value`, `$with` and `$settings`. */
function expand(value, values) {
  if (isObject(value) && "$settings" in value) return values.Settings.parse(JSON.stringify(value.$settings));
  if (isObject(value) && "$text" in value)
    return value.$text.map((part) => (typeof part === "string" ? part : part[0].repeat(part[1]))).join("");
  if (isObject(value) && "$value" in value) {
    const named = expand(values[value.$value], values);
    return "$with" in value ? { ...named, ...expand(value.$with, values) } : named;
  }
  return mapped(value, (inner) => expand(inner, values));
}
const isSettings = (value) => isObject(value) && "toJson" in value;
const isResult = (value) => isObject(value) && ["ok", "error"].includes(Object.keys(value).join());
/** Canonical JSON to what the bindings take: none is undefined, a variant is `{tag, val}`, a result too. */
function lower(value) {
  if (isSettings(value)) return value;
  if (value === null) return undefined;
  if (isVariant(value)) return { tag: value.kind, val: lower(value.value) };
  if (isResult(value)) return "ok" in value ? { tag: "ok", val: lower(value.ok) } : { tag: "err", val: lower(value.error) };
  return mapped(value, lower);
}
/** And back. */
function lift(value) {
  if (isSettings(value)) return JSON.parse(value.toJson());
  if (value === undefined) return null;
  if (isObject(value) && "tag" in value)
    return value.val === undefined ? { kind: value.tag } : { kind: value.tag, value: lift(value.val) };
  return mapped(value, lift);
}
function call(target, name, args, fallible) {
  try {
    const value = lift(target[name](...args));
    return fallible ? { ok: value } : value;
  } catch (error) {
    if (!fallible || error.payload === undefined) throw error;
    return { error: lift(error.payload) };
  }
}

let count = 0;
for (const name of readdirSync(vectors).filter((name) => name.endsWith(".json") && name !== "filter.json")) {
  // A 64-bit number is a BigInt in JavaScript, and JSON.parse would round it first.
  const text = readFileSync(join(vectors, name), "utf8").replace(/("(ranMs|ageMs|endsInMs|untilMs|resetsAtMs|nowMs|now|configModified|ok)": )(\d+)/g, '$1"$3n"');
  const file = JSON.parse(text, (_, value) => (/^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value));
  for (const vector of file.vectors) {
    const plugin = instantiate(compiled, denied);
    const exports = plugin[file.interface];
    const values = { ...file.values, Settings: plugin.types.Settings };
    let flow;
    for (const { function: name, arguments: given, result } of vector.calls) {
      const args = given.map((argument) => lower(expand(argument, values)));
      if (["read-failure", "read-quota"].includes(name)) args.push(BigInt(args.pop()));
      count += 1;
      if (name === "flow") {
        flow = new exports.Flow(...args);
        continue;
      }
      const [owner, method = owner] = name.split(".").map(camel);
      const target = owner === "flow" ? flow : owner !== "settings" ? exports : isSettings(args[0]) ? args.shift() : exports.Settings;
      const fallible = isObject(result) && ("ok" in result || "error" in result);
      assert.deepEqual(call(target, method, args, fallible), result, `${file.interface}: ${vector.name}: ${name}`);
    }
  }
}
console.log(`${count} calls`);
