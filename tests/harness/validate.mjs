// What OpenClaw thinks of configuration files, with the function behind `openclaw config validate`, many in one process.
// Arguments: OpenClaw's folder, files. Prints `{file, valid, issues}`, one line each.

import { pathToFileURL } from "node:url";

const [root, ...files] = process.argv.slice(2);
const { readConfigFileSnapshot } = await import(pathToFileURL(`${root}/dist/plugin-sdk/health.js`));
for (const file of files) {
  process.env.OPENCLAW_CONFIG_PATH = file;
  const { path, valid, issues } = await readConfigFileSnapshot();
  if (path !== file) throw new Error(`it read ${path} and not ${file}`);
  process.stdout.write(`${JSON.stringify({ file, valid, issues })}\n`);
}
