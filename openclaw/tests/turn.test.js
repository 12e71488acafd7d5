// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { findPrograms } from "../helper.js";
import { offerTurn } from "../turn.js";
import { fakeHost, forget, giveComponent } from "./fakes.js";

const doctor = {
  ok: false,
  checks: [
    { id: "port", status: "pass", title: "Port", detail: "3456", fix: null },
    { id: "turn-login", status: "pass", title: "Turn: Claude login", detail: "proven", fix: null },
    { id: "turn-tool", status: "fail", title: "Turn: tool and result", detail: "lost", fix: "Update the proxy." },
  ],
};

/**
 * A host whose helper says what a state is and what the doctor finds.
 * @param {string} state
 */
function helped(state) {
  /** @type {string[][]} */
  const ran = [];
  const run = async (/** @type {string[]} */ argv) => {
    ran.push(argv);
    return { code: 0, stdout: JSON.stringify(argv[1] === "doctor" ? doctor : { state, baseUrl: state === "blocked" ? null : "http://127.0.0.1:1" }), stderr: "" };
  };
  return { ran, host: fakeHost({ runner: () => /** @type {any} */ (run) }) };
}

/** @param {boolean} yes */
function person(yes) {
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const notes = [];
  return {
    asked,
    notes,
    prompter: /** @type {any} */ ({
      confirm: async (/** @type {any} */ { message, initialValue }) => {
        asked.push(message);
        assert.equal(initialValue, false, "by default nothing is sent");
        return yes;
      },
      progress: () => ({ stop: () => {} }),
      note: async (/** @type {string} */ body) => void notes.push(body),
    }),
  };
}

beforeEach(() => {
  forget();
  giveComponent({
    settings: { read: () => ({ port: 3456, models: ["m"] }) },
    turn: { cost: (/** @type {string} */ model) => `Send to ${model}?` },
  });
});

test("nothing is offered where no proxy answers, and nothing sent without a yes", async () => {
  const alone = person(true);
  await offerTurn(helped("blocked").host, {}, alone.prompter);
  assert.deepEqual(alone.asked, []);
  const no = person(false);
  const { host, ran } = helped("ready");
  await offerTurn(host, {}, no.prompter);
  assert.deepEqual([no.asked, no.notes], [["Send to m?"], []]);
  assert.ok(ran.every((argv) => argv[1] === "status"));
});

test("a turn is sent by the helper, and shown check by check", async () => {
  const yes = person(true);
  const { host, ran } = helped("attached");
  await offerTurn(host, {}, yes.prompter);
  assert.deepEqual(ran.at(-1)?.slice(1, 5), ["doctor", "--turn", "--yes", "--json"]);
  assert.deepEqual(yes.notes, [
    "✓ Turn: Claude login: proven\n✗ Turn: tool and result: lost\n  hint: Update the proxy.",
  ]);
});

test("programs are what the helper finds; where it cannot look there are none", async () => {
  const run = async () => ({ stdout: '["/opt/bin/meridian", 7]' });
  assert.deepEqual(await findPrograms(fakeHost({ runner: () => /** @type {any} */ (run) }), ["meridian"]), [
    "/opt/bin/meridian",
  ]);
  assert.deepEqual(await findPrograms(fakeHost(), ["meridian"]), []);
});
