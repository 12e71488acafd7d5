// @ts-check
// Shows a step of the login flow with OpenClaw's prompter.

/** @import { AuthAnswer, AuthStep } from "./types/component.d.ts" */

/** @typedef {import("openclaw/plugin-sdk/plugin-entry").ProviderAuthContext["prompter"]} Prompter */

/**
 * @param {Prompter} prompter
 * @param {Exclude<AuthStep, { tag: "probe" | "login-status" | "find-programs" | "done" }>} step
 * @param {(answer: AuthAnswer) => string | undefined} accept Takes an answer while its field is still open; gives what is
 *   wrong with it.
 * @returns {Promise<AuthAnswer>}
 * @throws OpenClaw's cancellation, when the user presses Ctrl-C.
 */
export async function show(prompter, step, accept) {
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
