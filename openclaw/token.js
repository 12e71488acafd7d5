// @ts-check
// The headless token of this process.

import { ask } from "./component.js";

/**
 * What can be seen of the headless token without telling its value.
 * @returns {import("./types/component.d.ts").FlowOptions["token"]}
 */
export function tokenState() {
  return ask(({ auth }) => auth.judgeToken(process.env["CLAUDE_CODE_OAUTH_TOKEN"]));
}
