// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { logIn as login } from "../auth-flow.js";
import { fakeHost, forget, giveComponent } from "./fakes.js";

/** A component's error, as the generated glue throws it. */
class ComponentError extends Error {
  /** @param {string} tag */
  constructor(tag) {
    super(tag);
    this.payload = { tag, val: { code: "c", path: "port", found: "`x`", accepted: "a number", next: "Try again." } };
  }
}

/**
 * Puts a component in place whose flow asks for a port, takes 1, and breaks at 2.
 * @param {string[]} [applied] Gets the documents that were edited.
 */
function giveFlow(applied = []) {
  class Flow {
    /** @param {any} answer */
    next(answer) {
      if (answer.tag === "begin") return { tag: "text", val: { id: "port", message: "Port", initial: "3456" } };
      if (answer.val === "1") {
        const request = { port: 1 };
        return { tag: "done", val: { request, defaultModel: "p/m", patch: '{"a":1}', notes: ["done"] } };
      }
      throw new ComponentError(answer.val === "2" ? "refused" : "unexpected-answer");
    }
  }
  const apply = (/** @type {any} */ input) => {
    applied.push(input.document);
    return { text: '{"port":1}', changes: applied.length > 2 ? [] : [{ path: "port" }] };
  };
  giveComponent({ auth: { Flow: /** @type {any} */ (Flow) }, config: { apply } });
}

/**
 * @param {string[]} answers What is typed, one after the other; a field that stays open takes the next.
 * @param {boolean} [inline] Whether the prompter checks what is typed.
 */
function prompter(answers, inline = true) {
  /** @type {string[]} */
  const seen = [];
  return {
    seen,
    async text(/** @type {any} */ { validate }) {
      for (;;) {
        const typed = answers.shift();
        assert.ok(typed !== undefined, "asked more often than answered");
        const objection = inline ? validate(typed) : undefined;
        if (objection === undefined) return typed;
        seen.push(objection);
      }
    },
    async note(/** @type {string} */ body) {
      seen.push(body);
    },
  };
}

/** @param {any} context */
const logIn = (context) => login(host(), context);

/** @type {any[]} */
let written = [];
function host() {
  const fake = fakeHost();
  const draft = { old: true };
  const mutateConfigFile = async (/** @type {any} */ { mutate }) => {
    await mutate(draft);
    written.push(structuredClone(draft));
  };
  /** @type {any} */ (fake.api).runtime = { config: { mutateConfigFile } };
  return fake;
}

beforeEach(() => {
  forget();
  written = [];
});

test("a wrong answer is refused and asked again, in the open field or after it", async () => {
  for (const inline of [true, false]) {
    giveFlow();
    const ask = prompter(["x", "1"], inline);
    await logIn({ prompter: ask, isRemote: true });
    assert.deepEqual(ask.seen, ["port: found `x`; accepted: a number. Try again."]);
  }
});

test("an error that no answer can fix ends the login, and nothing is written", async () => {
  for (const inline of [true, false]) {
    giveFlow();
    await assert.rejects(logIn({ prompter: prompter(["2"], inline), isRemote: true }), /accepted: a number/);
    assert.deepEqual(written, []);
  }
});

test("cancelling the login changes nothing", async () => {
  giveFlow();
  const leave = { text: () => Promise.reject(new Error("wizard cancelled")) };
  await assert.rejects(logIn({ prompter: leave, isRemote: true }), /wizard cancelled/);
  assert.deepEqual(written, []);
});

test("a login has OpenClaw store what the component made, and returns nothing to merge", async () => {
  /** @type {string[]} */
  const edited = [];
  giveFlow(edited);
  const result = await logIn({ prompter: prompter(["1"]), isRemote: true });
  assert.deepEqual(written, [{ port: 1 }], "stored as it is, keys that went included");
  assert.equal(edited[1], '{"old":true}', "made from what is stored, not from what the process holds");
  assert.deepEqual(result, { profiles: [], defaultModel: "p/m", notes: ["done"] });
});

test("a value that is missing after the write is an error", async () => {
  giveFlow();
  const apply = () => ({ text: "{}", changes: [{ path: "models.providers.x" }] });
  const { config } = /** @type {any} */ (await import("../state.js")).processState().component.exports;
  config.apply = apply;
  await assert.rejects(logIn({ prompter: prompter(["1"]), isRemote: true }), /did not store .*models\.providers\.x/);
});

test("a setup wizard gets the patch and writes it itself", async () => {
  giveFlow();
  const result = await logIn({ prompter: prompter(["1"]), isRemote: true, allowSecretRefPrompt: true });
  assert.deepEqual(result, { profiles: [], configPatch: { a: 1 }, defaultModel: "p/m", notes: ["done"] });
  assert.deepEqual(written, []);
});
