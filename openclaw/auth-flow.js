// @ts-check
// `openclaw models auth login`: drives the component's flow with OpenClaw's prompts, then has OpenClaw write what was
// agreed. Until then nothing is written, so leaving with Ctrl-C changes nothing.

import { ask, Refusal } from "./component.js";
import { claudeStatus, tokenState } from "./programs.js";
import { auditFile, auditText } from "./document.js";
import { messageOf } from "./errors.js";
import { findPrograms, verifiedKey } from "./helper.js";
import { observe } from "./probe.js";
import { offerTurn } from "./turn.js";
import { withRequest, writeConfig } from "./write-config.js";

/** @import { Host, Prompter } from "./host.js" */
/** @import { AuthPrompt, AuthResult, FlowOptions, PromptAnswer } from "./types/component.d.ts" */
/** @import { ProviderAuthContext as AuthContext, ProviderAuthResult } from "openclaw/plugin-sdk/plugin-entry" */
/** @import { ProviderAuthMethodNonInteractiveContext } from "openclaw/plugin-sdk/plugin-entry" */

/**
 * Who runs the login: somebody who can be asked, or a command that only says what it did.
 * @typedef {{ prompter: Prompter, signal?: AbortSignal | undefined }
 *   | { prompter?: undefined, signal?: undefined, log: (text: string) => void }} User
 */

/**
 * @param {Host} host
 * @param {AuthContext} context
 * @returns {Promise<ProviderAuthResult>}
 */
export async function logIn(host, context) {
  // A direct login lets a method write; the wizards hold the configuration in memory and merge what they are given.
  const direct = context.allowSecretRefPrompt !== true;
  const setDefault = !direct || process.argv.includes("--set-default");
  const { input } = await auditFile(host);
  const options = {
    headless: context.isRemote,
    token: tokenState(),
    input,
    interactive: true,
    acceptDefaults: false,
    supplied: {},
    setDefault,
  };
  const result = await runFlow(host, options, context);
  if (!direct) {
    return {
      profiles: [],
      configPatch: JSON.parse(result.patch),
      defaultModel: result.defaultModel,
      notes: result.notes,
    };
  }
  context.assertCurrent?.();
  const notes = await writeConfig(host, result.request, context.prompter);
  const written = host.config();
  // Everything is written; nothing that goes wrong here takes it back.
  await offerTurn(host, written, context.prompter).catch((error) => host.log("warn", messageOf(error)));
  return { profiles: [], defaultModel: result.defaultModel, notes: [...result.notes, ...notes] };
}

/**
 * `openclaw onboard --non-interactive --auth-choice anthropic-claude-proxy`
 * @param {Host} host
 * @param {ProviderAuthMethodNonInteractiveContext} context
 */
export async function setUp(host, context) {
  const port = context.opts["claudeProxyPort"];
  const supplied = typeof port === "string" || typeof port === "number" ? { port: String(port) } : {};
  const { input } = await auditText(host, host.configPath(), JSON.stringify(context.config));
  const options = {
    headless: true,
    token: tokenState(),
    input,
    interactive: false,
    acceptDefaults: true,
    supplied,
    setDefault: true,
  };
  const result = await runFlow(host, options, { log: context.runtime.log });
  for (const note of result.notes) context.runtime.log(note);
  return withRequest(host, context.config, result.request);
}

/**
 * @param {Host} host
 * @param {FlowOptions} options
 * @param {User} user
 * @returns {Promise<AuthResult>}
 * @throws {Refusal} If an answer that was given beforehand is not accepted.
 */
async function runFlow(host, options, user) {
  const flow = new LoginFlow(options);
  for (;;) {
    user.signal?.throwIfAborted();
    const { prompt } = flow;
    if (prompt.tag === "done") return prompt.val;
    const answer = await perform(host, prompt, user, flow);
    if (flow.failure !== undefined) throw flow.failure;
    // A prompt that could check the answer while it was typed has moved on already.
    if (flow.prompt !== prompt) continue;
    const objection = flow.accept(answer);
    if (flow.failure !== undefined) throw flow.failure;
    if (objection === undefined) continue;
    if (user.prompter === undefined) throw new Error(objection);
    await user.prompter.note(objection, "Not accepted");
  }
}

/** The component's side of the login: a prompt, and what follows from an answer to it. */
class LoginFlow {
  /** @param {FlowOptions} options */
  constructor(options) {
    this.component = ask(({ auth }) => new auth.Flow(options));
    /** @type {AuthPrompt} */
    this.prompt = ask(() => this.component.next({ tag: "begin" }));
    /** Why the login cannot go on, whatever is answered. @type {unknown} */
    this.failure = undefined;
  }

  /**
   * Goes on with an answer.
   * @param {PromptAnswer} answer
   * @returns {string | undefined} What is wrong with the answer; the prompt stays then.
   */
  accept(answer) {
    try {
      this.prompt = ask(() => this.component.next(answer));
    } catch (error) {
      if (error instanceof Refusal && error.kind === "unexpected-answer") return error.message;
      this.failure = error;
    }
    return undefined;
  }
}

/**
 * Does what a prompt asks.
 * @param {Host} host
 * @param {Exclude<AuthPrompt, { tag: "done" }>} prompt
 * @param {User} user
 * @param {LoginFlow} flow
 * @returns {Promise<PromptAnswer>}
 */
async function perform(host, prompt, user, flow) {
  switch (prompt.tag) {
    case "probe": {
      const { baseUrl, probes } = prompt.val;
      const key = await verifiedKey(host, baseUrl);
      return { tag: "observed", val: await observe(baseUrl, probes, key, user.signal) };
    }
    case "login-status":
      return { tag: "login", val: await claudeStatus(host, user.signal) };
    case "find-programs":
      return { tag: "programs", val: await findPrograms(host, prompt.val) };
    default:
      if (user.prompter !== undefined) return show(user.prompter, prompt, (answer) => flow.accept(answer));
      if (prompt.tag !== "note") throw new Error(`the login asked a question (${prompt.tag}) that nobody can answer`);
      user.log(prompt.val.lines.join("\n"));
      return { tag: "shown" };
  }
}

/**
 * Shows a prompt with OpenClaw's prompter.
 * @param {Prompter} prompter
 * @param {Exclude<AuthPrompt, { tag: "probe" | "login-status" | "find-programs" | "done" }>} prompt
 * @param {(answer: PromptAnswer) => string | undefined} accept Takes an answer while its field is still open; gives what is
 *   wrong with it.
 * @returns {Promise<PromptAnswer>}
 * @throws OpenClaw's cancellation, when the user presses Ctrl-C.
 */
async function show(prompter, prompt, accept) {
  const text = async (/** @type {{ message: string, initialValue: string }} */ field) => ({
    tag: /** @type {const} */ ("text"),
    val: await prompter.text({ ...field, validate: (value) => accept({ tag: "text", val: value ?? "" }) }),
  });
  switch (prompt.tag) {
    case "text":
      return text({ message: prompt.val.message, initialValue: prompt.val.initial });
    case "choose": {
      // One of the choices leads to a field for ids that no list knows.
      const { message, initial, choices } = prompt.val;
      return { tag: "chosen", val: await prompter.multiselect({ message, options: choices, initialValues: initial }) };
    }
    case "confirm":
      return { tag: "yes", val: await prompter.confirm({ message: prompt.val.message, initialValue: prompt.val.initial }) };
    case "note":
      await prompter.note(prompt.val.lines.join("\n"), prompt.val.title);
      return { tag: "shown" };
  }
}
