// @ts-check
// `openclaw models auth login`: drives the component's flow with OpenClaw's prompts, then has OpenClaw write what was
// agreed. Until then nothing is written, so leaving with Ctrl-C changes nothing.

import { ask, Refusal } from "./component.js";
import { claudeStatus, tokenState } from "./claude-cli.js";
import { auditFile, auditText } from "./document.js";
import { messageOf } from "./errors.js";
import { findPrograms, verifiedKey } from "./helper.js";
import { observe } from "./probe.js";
import { offerTurn } from "./turn.js";
import { withRequest, writeConfig } from "./write-config.js";

/** @import { Host, Prompter } from "./host.js" */
/** @import { AuthResult, AuthStep, FlowOptions, PromptAnswer } from "./types/component.d.ts" */
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
    const { step } = flow;
    if (step.tag === "done") return step.val;
    const answer = await performStep(host, step, user, flow);
    if (flow.failure !== undefined) throw flow.failure;
    // A prompt that could check the answer while it was typed has moved on already.
    if (flow.step !== step) continue;
    const objection = flow.accept(answer);
    if (flow.failure !== undefined) throw flow.failure;
    if (objection === undefined) continue;
    if (user.prompter === undefined) throw new Error(objection);
    await user.prompter.note(objection, "Not accepted");
  }
}

/** The component's side of the login: a step, and what follows from an answer to it. */
class LoginFlow {
  /** @param {FlowOptions} options */
  constructor(options) {
    this.component = ask(({ auth }) => new auth.Flow(options));
    /** @type {AuthStep} */
    this.step = ask(() => this.component.next({ tag: "begin" }));
    /** Why the login cannot go on, whatever is answered. @type {unknown} */
    this.failure = undefined;
  }

  /**
   * Goes on with an answer.
   * @param {PromptAnswer} answer
   * @returns {string | undefined} What is wrong with the answer; the step stays then.
   */
  accept(answer) {
    try {
      this.step = ask(() => this.component.next(answer));
    } catch (error) {
      if (error instanceof Refusal && error.kind === "unexpected-answer") return error.message;
      this.failure = error;
    }
    return undefined;
  }
}

/**
 * Does what a step asks.
 * @param {Host} host
 * @param {Exclude<AuthStep, { tag: "done" }>} step
 * @param {User} user
 * @param {LoginFlow} flow
 * @returns {Promise<PromptAnswer>}
 */
async function performStep(host, step, user, flow) {
  switch (step.tag) {
    case "probe": {
      const { baseUrl, probes } = step.val;
      const key = await verifiedKey(host, baseUrl);
      return { tag: "observed", val: await observe(baseUrl, probes, key, user.signal) };
    }
    case "login-status":
      return { tag: "login", val: await claudeStatus(host, user.signal) };
    case "find-programs":
      return { tag: "programs", val: await findPrograms(host, step.val) };
    default:
      if (user.prompter !== undefined) return show(user.prompter, step, (answer) => flow.accept(answer));
      if (step.tag !== "note") throw new Error(`the login asked a question (${step.tag}) that nobody can answer`);
      user.log(step.val.body);
      return { tag: "shown" };
  }
}

/**
 * Shows a step with OpenClaw's prompter.
 * @param {Prompter} prompter
 * @param {Exclude<AuthStep, { tag: "probe" | "login-status" | "find-programs" | "done" }>} step
 * @param {(answer: PromptAnswer) => string | undefined} accept Takes an answer while its field is still open; gives what is
 *   wrong with it.
 * @returns {Promise<PromptAnswer>}
 * @throws OpenClaw's cancellation, when the user presses Ctrl-C.
 */
async function show(prompter, step, accept) {
  const text = async (/** @type {{ message: string, initialValue: string }} */ field) => ({
    tag: /** @type {const} */ ("text"),
    val: await prompter.text({ ...field, validate: (value) => accept({ tag: "text", val: value ?? "" }) }),
  });
  switch (step.tag) {
    case "text":
      return text({ message: step.val.message, initialValue: step.val.initial });
    case "choose": {
      // One of the choices leads to a field for ids that no list knows.
      const { message, initial, choices } = step.val;
      return { tag: "chosen", val: await prompter.multiselect({ message, options: choices, initialValues: initial }) };
    }
    case "confirm":
      return { tag: "yes", val: await prompter.confirm({ message: step.val.message, initialValue: step.val.initial }) };
    case "note":
      await prompter.note(step.val.body, step.val.title);
      return { tag: "shown" };
  }
}
