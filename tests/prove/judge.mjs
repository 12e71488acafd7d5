// The second judge: reads documents from its input, one JSON object a line, and answers where OpenClaw itself leads each slot.
// usage: node judge.mjs FOLDER-OF-OPENCLAW SCRATCH-FOLDER
//   in:  {"text", "files": {name: text}, "stored": {name: text}, "scope": "all" | "to-the-first" | "quick"}
//   out: {"valid": bool, "why", "leads": [[slot, where, agent]], "errors": [[slot, message]]}
// The first line out is {"unasked"}: the slots that this version cannot be asked for.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";

import { load } from "../harness/internals.mjs";
import { FROM, NAMES, SLOTS } from "./slots.mjs";

const ID = "anthropic-claude-proxy";
const [folder, scratch] = process.argv.slice(2);
const home = path.join(scratch, "home");
const state = path.join(home, ".openclaw");
fs.mkdirSync(state, { recursive: true });
// OpenClaw keeps the variables of a login shell for the life of the process, with the variables of the document that asked first.
const clean = { HOME: home, PATH: path.join(scratch, "no-programs"), OPENCLAW_STATE_DIR: state, OPENCLAW_DEFER_SHELL_ENV_FALLBACK: "1" };
const setEnvironment = () => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, clean);
};
setEnvironment();
// Nothing here may leave the machine, whatever a version's code does when it is asked.
globalThis.fetch = () => Promise.reject(new Error("no network here"));
const send = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
console.log = console.info = console.warn = console.error = () => {};

const { own } = await load(folder, NAMES, FROM);
const slots = Object.entries(SLOTS).filter(([, slot]) => slot.needs.every((name) => own[name]));
const silent = { info() {}, warn() {}, error() {}, debug() {} };
const skills = own.loadSkillEntries?.(path.join(scratch, "workspace"), { config: {} }) ?? [];
send({ unasked: Object.keys(SLOTS).filter((name) => !slots.some(([asked]) => asked === name)) });

const isLoopback = (text) => {
  try {
    const { protocol, hostname, username, password } = new URL(text);
    const v6 = /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/u;
    const here = hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/u.test(hostname) || v6.test(hostname);
    return /^https?:$/u.test(protocol) && !username && !password && here;
  } catch {
    return false;
  }
};

/** Where the own provider's requests go, if not to this machine. */
function endpoints(cfg) {
  const entry = own.findNormalizedProviderValue(cfg.models?.providers, ID);
  if (!entry) return ["no entry"];
  return [entry.baseUrl, ...(entry.models ?? []).map((row) => row.baseUrl ?? entry.baseUrl)].filter((url) => !isLoopback(url)).map(String);
}

const isSecretRef = (value) => ["source", "provider", "id"].every((key) => typeof value[key] === "string");

/** A configuration as the Gateway runs it: references to secrets are replaced by what they name, before any slot is read. */
function withSecrets(value) {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (!value || typeof value !== "object") return value;
  if (isSecretRef(value)) return "a-secret";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withSecrets(inner)]));
}

/** Answers of slow slots, by what they read and what they share. */
const answers = new Map();
const MAX_ANSWERS = 20_000;
const same = ({ cfg, stored }) => [process.env, cfg.plugins, cfg.models, cfg.skills, cfg.auth, stored];

async function ask(name, slot, context) {
  if (!slot.reads) return slot.ask(context);
  const key = `${name}\n${JSON.stringify([slot.reads(context), same(context)])}`;
  if (!answers.has(key)) {
    if (answers.size > MAX_ANSWERS) answers.clear();
    answers.set(key, await slot.ask(context));
  }
  return answers.get(key);
}

const isOurs = (lead) => lead === ID || lead.startsWith(`${ID}/`);

async function judge({ text, files, stored, scope }) {
  setEnvironment();
  const written = [];
  const write = (name, content) => {
    const file = path.join(state, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    written.push(file);
  };
  try {
    write("openclaw.json", text);
    for (const [name, content] of Object.entries({ ...files, ...stored })) write(name, content);
    const configPath = path.join(state, "openclaw.json");
    let cfg;
    try {
      cfg = withSecrets(own.createConfigIO({ env: process.env, configPath, observe: false, logger: silent }).loadConfig());
    } catch (error) {
      return { valid: false, why: String(error?.message ?? error).split("\n").slice(0, 20).join(" "), leads: [], errors: [] };
    }
    if (scope === "quick") return { valid: true, why: "", leads: [], errors: [] };
    const undo = own.applySkillEnvOverrides?.({ skills, config: cfg });
    const leads = [];
    const errors = [];
    const note = (name, found, agentId) => {
      for (const lead of found) if (!isOurs(lead)) leads.push([name, lead, agentId]);
    };
    try {
      note("endpoint", endpoints(cfg), "");
      const agents = own.listAgentIds(cfg);
      for (const [name, slot] of slots) {
        if (scope !== "all" && leads.length > 0) break;
        for (const agentId of slot.once ? [""] : agents) {
          try {
            note(name, await ask(name, slot, { own, cfg, agentId, stored }), agentId);
          } catch (error) {
            errors.push([name, String(error?.message ?? error).slice(0, 300)]);
          }
        }
      }
    } finally {
      undo?.();
    }
    return { valid: true, why: "", leads, errors };
  } finally {
    for (const file of written) fs.rmSync(file, { force: true });
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) send(await judge(JSON.parse(line)));
process.exit(0);
