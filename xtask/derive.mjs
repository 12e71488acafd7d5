// What a package of OpenClaw says about models, vendors and credentials, as JSON: tables of its core by name, the manifests of
// its bundled plugins, its catalog of official plugins, and the names that its bundled skills give their keys.
// usage: node derive.mjs FOLDER-OF-OPENCLAW
import fs from "node:fs";
import path from "node:path";

import { load } from "../tests/harness/internals.mjs";

const [folder] = process.argv.slice(2);
process.env.HOME = process.env.OPENCLAW_STATE_DIR = path.join(folder, "no-home");
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
/** Largest file that is read as a manifest, in bytes. */
const MOST = 4 << 20;
const json = (file) => {
  try {
    if (fs.statSync(file).size > MOST) fail(`${file} is larger than ${MOST} bytes`);
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return fail(`${file} cannot be read: ${error.message}`);
  }
};
for (const part of ["package.json", "openclaw.mjs", "dist", "dist/extensions", "skills"]) {
  if (!fs.existsSync(path.join(folder, part))) fail(`${path.join(folder, part)} is not there`);
}
const sorted = (all) => [...new Set(all)].sort();

const TABLES = ["DEFAULT_MODEL_ALIASES", "CORE_PROVIDER_AUTH_ENV_VAR_CANDIDATES", "DEFAULT_MEMORY_EMBEDDING_PROVIDER", "DEFAULT_PROVIDER", "listOfficialExternalPluginCatalogEntries"];
const { own: tables, missing } = await load(folder, TABLES);

const isCode = (name) => /\.m?js$/u.test(name);
const code = (dir) => fs.readdirSync(dir, { recursive: true }).filter(isCode).map((name) => path.join(dir, name));
const imports = (file) => {
  const found = fs.readFileSync(file, "latin1").matchAll(/(?:from|import) ?\(?"(\.\.?\/[^"]+)"/gu);
  return [...found].map(([, name]) => path.resolve(path.dirname(file), name)).filter((name) => isCode(name) && fs.existsSync(name));
};

/** Chunks outside of a plugin's folder that no other plugin imports: they are its code too. */
function own(extensions) {
  const users = new Map();
  for (const name of fs.readdirSync(extensions)) {
    const dir = path.join(extensions, name);
    if (!fs.statSync(dir).isDirectory()) continue;
    for (const chunk of code(dir).flatMap(imports).filter((chunk) => !chunk.startsWith(`${dir}${path.sep}`))) {
      users.set(chunk, (users.get(chunk) ?? new Set()).add(name));
    }
  }
  return (name) => [...users].filter(([, by]) => by.size === 1 && by.has(name)).map(([chunk]) => chunk);
}

/** Addresses that files of code name. */
function dials(files) {
  const found = [];
  for (const file of files) {
    const text = fs.readFileSync(file, "latin1");
    // Placeholders and documentation are not dialled; a host with a template in it cannot be named.
    for (const [, host] of text.matchAll(/(?:https|wss):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gu)) found.push(host);
  }
  return sorted(found).filter((host) => !/(?:^|\.)(?:openclaw\.ai|github\.com|example\.(?:com|org)|w3\.org|json-schema\.org|npmjs\.com)$|^docs\./u.test(host));
}

const plugins = [];
const extensions = path.resolve(folder, "dist/extensions");
const chunks = own(extensions);
for (const name of fs.readdirSync(extensions).sort()) {
  const file = path.join(extensions, name, "openclaw.plugin.json");
  if (!fs.existsSync(file)) continue;
  const manifest = json(file);
  const contracts = manifest.contracts ?? {};
  // Machines, imports of other programs and usage figures get no content.
  const kinds = Object.keys(contracts).filter((key) => key.endsWith("Providers") && !/^(?:worker|migration|usage)/u.test(key));
  if (!manifest.providers && kinds.length === 0 && !contracts.tools) continue;
  const variables = {};
  for (const { id, envVars } of manifest.setup?.providers ?? []) variables[id] = sorted([...(variables[id] ?? []), ...(envVars ?? [])]);
  for (const [id, names] of Object.entries(manifest.providerAuthEnvVars ?? {})) variables[id] = sorted([...(variables[id] ?? []), ...names]);
  const understands = Object.values(manifest.mediaUnderstandingProviderMetadata ?? {});
  plugins.push({
    id: manifest.id,
    official: false,
    onByDefault: manifest.enabledByDefault === true,
    providers: sorted([...(manifest.providers ?? []), ...Object.keys(variables), ...Object.keys(manifest.providerAuthAliases ?? {}), ...kinds.flatMap((key) => contracts[key])]),
    variables: sorted(Object.values(variables).flat()),
    contracts: Object.fromEntries(kinds.sort().map((key) => [key, sorted(contracts[key])])),
    understands: sorted(understands.flatMap(({ capabilities, nativeDocumentInputs }) => [...(capabilities ?? []), ...(nativeDocumentInputs ?? [])])),
    tools: sorted(contracts.tools ?? []),
    names: dials(code(path.join(extensions, name))),
    dials: dials([...code(path.join(extensions, name)), ...chunks(name)]),
  });
}

// Official plugins that come apart: a Gateway installs one by itself when it starts with its key (`convergence` of plugins;
// seen: 2026.9.6). What media such a plugin understands the catalog does not say, so it counts as all.
const here = new Set(plugins.map(({ id }) => id));
for (const { openclaw } of tables.listOfficialExternalPluginCatalogEntries?.() ?? []) {
  const { plugin, providers = [], webSearchProviders = [], contracts = {} } = openclaw ?? {};
  const variables = sorted([...providers, ...webSearchProviders].flatMap(({ envVars }) => envVars ?? []));
  const kinds = Object.keys(contracts).filter((key) => key.endsWith("Providers") && !/^(?:worker|migration|usage|transcriptSource)/u.test(key));
  if (!plugin || here.has(plugin.id) || variables.length === 0) continue;
  plugins.push({
    id: plugin.id,
    official: true,
    onByDefault: false,
    providers: sorted([...providers.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]), ...webSearchProviders.map(({ id }) => id), ...kinds.flatMap((key) => contracts[key])]),
    variables,
    contracts: Object.fromEntries([...kinds, ...(webSearchProviders.length > 0 ? ["webSearchProviders"] : [])].sort().map((key) => [key, sorted(contracts[key] ?? webSearchProviders.map(({ id }) => id))])),
    understands: contracts.mediaUnderstandingProviders ? ["audio", "image", "pdf", "video"] : [],
    tools: sorted(contracts.tools ?? []),
    names: [],
    dials: [],
  });
}

const skills = {};
const bundled = path.join(folder, "skills");
for (const name of fs.readdirSync(bundled).sort()) {
  const file = path.join(bundled, name, "SKILL.md");
  if (!fs.existsSync(file)) continue;
  const head = /^---\n(.*?)\n---/su.exec(fs.readFileSync(file, "utf8"))?.[1] ?? "";
  const primary = /"primaryEnv":\s*"([A-Z0-9_]+)"/u.exec(head)?.[1];
  const key = /"skillKey":\s*"([^"]+)"/u.exec(head)?.[1] ?? /^name:\s*"?([^"\n]+)"?/mu.exec(head)?.[1] ?? name;
  if (primary) skills[key.trim()] = primary;
}

const core = Object.fromEntries(Object.entries(tables.CORE_PROVIDER_AUTH_ENV_VAR_CANDIDATES ?? {}).map(([id, names]) => [id, sorted(names)]));
const out = {
  version: json(path.join(folder, "package.json")).version,
  missing,
  aliases: tables.DEFAULT_MODEL_ALIASES ?? {},
  defaults: { provider: tables.DEFAULT_PROVIDER, embeddings: tables.DEFAULT_MEMORY_EMBEDDING_PROVIDER },
  core,
  plugins,
  skills,
};
process.stdout.write(`${JSON.stringify(out, null, 1)}\n`, () => process.exit(0));
