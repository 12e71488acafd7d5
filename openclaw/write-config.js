// @ts-check
// Has OpenClaw write what the login agreed on, and checks that it is there afterwards.
//
// OpenClaw merges what a login returns: lists never shrink, an alias is not taken from its old model, and permissions
// of models are dropped. So the component edits the authored configuration, OpenClaw stores the outcome as it is, and
// the file is read again.

import { ask } from "./component.js";
import { auditFile, auditText, lineOf } from "./document.js";
import { Failure } from "./errors.js";
import { IDENTITY } from "./identity.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./types/component.d.ts").ApplyRequest} ApplyRequest */

/**
 * @param {Host} host
 * @param {ApplyRequest} request
 * @param {import("./host.js").Prompter} prompter
 * @returns {Promise<string[]>} Lines for the user.
 */
export async function writeConfig(host, request, prompter) {
  const path = host.configPath();
  const before = await auditFile(host, path);
  const { changes } = ask(({ config }) => config.apply(before.input, request));
  // OpenClaw would rewrite a file in which nothing changes, and drop its comments.
  if (changes.length === 0) return ["The configuration already says all of this; nothing was written."];
  if (losesNotation(before.input.document)) await warn(host, prompter);
  await host.api.runtime.config.mutateConfigFile({
    afterWrite: { mode: "auto" },
    mutate: async (draft) => {
      const next = await withRequest(host, draft, request);
      for (const key of Object.keys(draft)) if (!(key in next)) delete (/** @type {any} */ (draft)[key]);
      Object.assign(draft, next);
    },
  });
  const after = await auditFile(host, path);
  const missing = ask(({ config }) => config.apply(after.input, request)).changes;
  if (missing.length > 0) {
    throw new Failure(
      `OpenClaw did not store what was agreed on: ${missing.map((change) => change.path).join(", ")}`,
      `Look at ${path}, then run the login again.`,
    );
  }
  return after.report.closed ? [] : [`The configuration is ${lineOf(after.report)}`];
}

/**
 * The configuration with the request applied.
 * @template {object} T
 * @param {Host} host
 * @param {T} config Authored configuration; it is left as it is.
 * @param {ApplyRequest} request
 * @returns {Promise<T>}
 */
export async function withRequest(host, config, request) {
  // The component answers with a text that keeps the notation of the one it got, so this one is JSON too.
  const { input } = await auditText(host, "openclaw.json", JSON.stringify(config));
  return JSON.parse(ask((component) => component.config.apply({ ...input, backups: [] }, request)).text);
}

/**
 * Whether a file has comments or other notation that plain JSON has not.
 * @param {string} document
 */
function losesNotation(document) {
  if (document.trim() === "") return false;
  try {
    JSON.parse(document);
    return false;
  } catch {
    return true;
  }
}

/**
 * @param {Host} host
 * @param {import("./host.js").Prompter} prompter
 */
async function warn(host, prompter) {
  const go = await prompter.confirm({
    message:
      "openclaw.json has comments (or other JSON5 notation). OpenClaw drops them when it saves; the old text is kept " +
      "in openclaw.json.bak. Save?",
    initialValue: true,
  });
  if (go) return;
  throw new Failure(
    "nothing was changed",
    `To keep the comments, use the helper, which edits in place: \`"$(openclaw ${IDENTITY.command} path)" setup\`.`,
  );
}
