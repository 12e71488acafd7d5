// What a package of OpenClaw says about models, vendors and credentials, as JSON: tables of its core by name, the manifests of
// its bundled plugins, and the names that its bundled skills give their keys.
// usage: node derive.mjs FOLDER-OF-OPENCLAW
import fs from "node:fs";
import path from "node:path";

import { load } from "./own.mjs";

const [folder] = process.argv.slice(2);
process.env.HOME = process.env.OPENCLAW_STATE_DIR = path.join(folder, "no-home");
const json = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const sorted = (all) => [...new Set(all)].sort();

const TABLES = ["DEFAULT_MODEL_ALIASES", "CORE_PROVIDER_AUTH_ENV_VAR_CANDIDATES", "DEFAULT_MEMORY_EMBEDDING_PROVIDER", "DEFAULT_PROVIDER"];
const { own, missing } = await load(folder, TABLES);

/** Addresses that the code of a folder names. */
function dials(dir) {
  const found = [];
  for (const name of fs.readdirSync(dir, { recursive: true })) {
    if (!/\.m?js$/u.test(name)) continue;
    const text = fs.readFileSync(path.join(dir, name), "latin1");
    // Placeholders and documentation are not dialled; a host with a template in it cannot be named.
    for (const [, host] of text.matchAll(/(?:https|wss):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gu)) found.push(host);
  }
  return sorted(found).filter((host) => !/(?:^|\.)(?:openclaw\.ai|github\.com|example\.(?:com|org)|w3\.org|json-schema\.org|npmjs\.com)$|^docs\./u.test(host));
}

const plugins = [];
const extensions = path.join(folder, "dist/extensions");
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
    onByDefault: manifest.enabledByDefault === true,
    providers: sorted([...(manifest.providers ?? []), ...Object.keys(variables), ...Object.keys(manifest.providerAuthAliases ?? {}), ...kinds.flatMap((key) => contracts[key])]),
    variables: sorted(Object.values(variables).flat()),
    contracts: Object.fromEntries(kinds.sort().map((key) => [key, sorted(contracts[key])])),
    understands: sorted(understands.flatMap(({ capabilities, nativeDocumentInputs }) => [...(capabilities ?? []), ...(nativeDocumentInputs ?? [])])),
    tools: sorted(contracts.tools ?? []),
    dials: dials(path.join(extensions, name)),
  });
}

const skills = {};
const bundled = path.join(folder, "skills");
for (const name of fs.existsSync(bundled) ? fs.readdirSync(bundled).sort() : []) {
  const file = path.join(bundled, name, "SKILL.md");
  if (!fs.existsSync(file)) continue;
  const head = /^---\n(.*?)\n---/su.exec(fs.readFileSync(file, "utf8"))?.[1] ?? "";
  const primary = /"primaryEnv":\s*"([A-Z0-9_]+)"/u.exec(head)?.[1];
  const key = /"skillKey":\s*"([^"]+)"/u.exec(head)?.[1] ?? /^name:\s*"?([^"\n]+)"?/mu.exec(head)?.[1] ?? name;
  if (primary) skills[key.trim()] = primary;
}

const core = Object.fromEntries(Object.entries(own.CORE_PROVIDER_AUTH_ENV_VAR_CANDIDATES ?? {}).map(([id, names]) => [id, sorted(names)]));
const out = {
  version: json(path.join(folder, "package.json")).version,
  missing,
  aliases: own.DEFAULT_MODEL_ALIASES ?? {},
  defaults: { provider: own.DEFAULT_PROVIDER, embeddings: own.DEFAULT_MEMORY_EMBEDDING_PROVIDER },
  core,
  plugins,
  skills,
};
process.stdout.write(`${JSON.stringify(out, null, 1)}\n`, () => process.exit(0));
