// The component as a thing to ship, by the Bytecode Alliance's own tools (jco, Binaryen) at pinned versions. The same input
// gives the same bytes.
//
//   component.mjs make PEERS CORE COMPONENT LABEL    what cargo linked → the component, small and labeled; LABEL is JSON
//   component.mjs transpile PEERS COMPONENT FOLDER   the component → JavaScript for synchronous instantiation
//
// PEERS is the folder of the pinned packages. Cargo must be told to leave the component to us:
// `-Clink-arg=--skip-wit-component`.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

// What rustc's `wasm32-wasip2` uses; `wasm-opt` accepts no other feature.
const FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "sign-ext",
  "mutable-globals",
  "nontrapping-float-to-int",
  "multivalue",
  "reference-types",
  "extended-const",
];
// Nothing lies in the first KB (`--low-memory-unused`): rustc puts the stack there, which grows towards it.
const STRIP = ["--strip-debug", "--strip-producers", "--strip-target-features"];
// Once more over flat code: that finds another 1 %.
const SMALL = [...STRIP, "--low-memory-unused", "--flatten", "--rereloop", "-Oz", "--merge-similar-functions", "-Oz", "--reorder-functions"];

const [what, peers, ...rest] = process.argv.slice(2);
const packages = join(peers, "node_modules");
const jco = (file) => import(pathToFileURL(join(packages, "@bytecodealliance/jco-transpile/dist", file)).href);
await { make, transpile }[what](...rest);

async function make(core, path, label) {
  const features = FEATURES.map((name) => `--enable-${name}`);
  const small = `${path}.core`;
  execFileSync(process.execPath, [join(packages, "binaryen/bin/wasm-opt"), ...features, ...SMALL, core, "-o", small]);
  const { componentNew } = await jco("wasm-tools.js");
  const component = withoutNames(await componentNew(new Uint8Array(readFileSync(small)), []));
  rmSync(small);
  const sections = Object.entries(JSON.parse(label)).map(([name, text]) => custom(name, text));
  writeFileSync(path, Buffer.concat([component, ...sections]));
}

async function transpile(component, folder) {
  const { transpileBytes } = await jco("index.js");
  const { files } = await transpileBytes(new Uint8Array(readFileSync(component)), {
    name: "plugin",
    instantiation: "sync",
    nodejsCompat: false,
    namespacedExports: false,
    noComponentErrorWrapping: false,
    base64Cutoff: 0,
  });
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}

// A custom section, as `wasm-tools metadata show` reads it: `version`, `description`, `licenses`, `source`.
function custom(name, text) {
  const body = Buffer.concat([leb(Buffer.byteLength(name)), Buffer.from(name), Buffer.from(text)]);
  return Buffer.concat([Buffer.of(0), leb(body.length), body]);
}

// The section that names the component's inner indices is for debuggers of components; imports and exports are elsewhere.
function withoutNames(component) {
  const kept = [component.subarray(0, 8)];
  for (let at = 8; at < component.length; ) {
    let [length, end] = [0, at + 1];
    for (let shift = 0; ; shift += 7) {
      const byte = component[end++];
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const names = component[at] === 0 && Buffer.from(component.subarray(end + 1, end + 15)).toString() === "component-name";
    if (!names) kept.push(component.subarray(at, end + length));
    at = end + length;
  }
  return Buffer.concat(kept);
}

function leb(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return Buffer.of(...bytes, value);
}
