// @ts-check

/**
 * What can be seen of the headless token without telling its value.
 * @returns {import("./types/component.d.ts").FlowOptions["token"]}
 */
export function tokenState() {
  const token = process.env.CLAUDE_CODE_OAUTH_TOKEN ?? "";
  if (token === "") return "absent";
  return /^sk-ant-oat\d+-\S+$/.test(token) ? "present" : "malformed";
}
