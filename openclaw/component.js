// @ts-check
// The component: all policy, no authority. It is checked, compiled and instantiated on first use, once a process, with
// every WASI import denied.

import { createRequire } from "node:module";

import { Failure, partsOf } from "./errors.js";
import { buildId, packageRoot, readVerified } from "./integrity.js";
import { processState } from "./state.js";

/** @import { ProcessState } from "./state.js" */
/** @import { Component, ComponentErrorPayload, GuardDecision, OwnSettings, Settings } from "./types/component.d.ts" */

const GLUE = "component/plugin.js";

/** The component could not be loaded, or broke: nothing may be decided without it. */
export class ComponentUnavailable extends Failure {
  /** @param {unknown} cause */
  constructor(cause) {
    const { reason, next } = partsOf(cause);
    super(`the plugin cannot decide anything: ${reason}`, next, { cause });
    this.name = "ComponentUnavailable";
  }
}

/** The component refused an input; the text says where, what was found and what to do. */
export class Refusal extends Error {
  /** @param {ComponentErrorPayload} payload */
  constructor(payload) {
    const { kind, problems } = payload;
    super(problems.map((p) => `${p.path}: found ${p.found}; accepted: ${p.accepted}. ${p.next}`).join(" "));
    this.name = "Refusal";
    this.kind = kind;
    this.problems = problems;
  }
}

/**
 * Calls the component.
 * @template T
 * @param {(component: Component, lend: (settings: Settings) => OwnSettings) => T} use `lend` gives the component's own form
 *   of settings: made once for an object, kept as long as both are used, and only to be used in this call.
 * @returns {T}
 * @throws {Refusal} If the input is not accepted.
 * @throws {ComponentUnavailable} If the component is missing, altered or broken.
 */
export function ask(use) {
  const state = processState();
  try {
    if (state.component?.build !== buildId()) state.component = { build: buildId(), exports: instantiate(), lent: new WeakMap() };
  } catch (error) {
    throw new ComponentUnavailable(error);
  }
  try {
    return use(state.component.exports, lender(state.component));
  } catch (error) {
    const payload = /** @type {any} */ (error)?.payload;
    if (payload?.problems !== undefined) throw new Refusal(payload);
    // A trap leaves the instance in an unknown condition; the next call gets a fresh one.
    state.component = undefined;
    throw new ComponentUnavailable(error);
  }
}

/**
 * Why the component stops something; nothing where it allows it.
 * @param {GuardDecision} decision
 */
export const reasonOf = (decision) => (decision.tag === "allow" ? undefined : decision.val);

/** @param {NonNullable<ProcessState["component"]>} component */
function lender({ exports, lent }) {
  return (/** @type {Settings} */ settings) => {
    let own = lent.get(settings);
    if (own === undefined) lent.set(settings, (own = exports.types.Settings.parse(JSON.stringify(settings))));
    return own;
  };
}

/** @returns {Component} */
function instantiate() {
  readVerified(GLUE);
  /** @type {{ instantiate: Function }} */
  const glue = createRequire(import.meta.url)(`${packageRoot}${GLUE}`);
  const compiled = (/** @type {string} */ path) => new WebAssembly.Module(readVerified(`component/${path}`));
  return glue.instantiate(compiled, denied);
}

/** Any name of any WASI interface: an object of functions and classes that refuse to do anything. */
const denied = new Proxy(
  {},
  {
    get: (_, name) =>
      typeof name === "string" ? new Proxy({}, { get: (_, member) => denial(`${name}#${String(member)}`) }) : undefined,
  },
);

/** @param {string} what */
function denial(what) {
  return function deny() {
    throw new Error(`the component asked for ${what}, which it is not given`);
  };
}
