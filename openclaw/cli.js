// @ts-check
// `openclaw claude-proxy …`: the helper's own commands, with its output and its exit codes.

import { judgeFile } from "./document.js";
import { messageOf } from "./errors.js";
import { IDENTITY } from "./identity.js";
import { locationArgs } from "./helper.js";
import { NoHelper } from "./platform.js";
import { closeStored } from "./close-stored.js";
import { storedByOpenClaw } from "./stored.js";

/** @import { Host } from "./host.js" */

/** What is passed on, and what OpenClaw's help says of it. @type {ReadonlyArray<readonly [string, string]>} */
const HELPER_COMMANDS = [
  ["status", "What the proxy does now and the one thing to do next"],
  ["doctor", "Check the whole installation (--turn also sends a real one, and asks first)"],
  ["audit", "Find every route that leads around the proxy (--fix closes them)"],
  ["restart", "Start the proxy again, also after it was given up"],
  ["logs", "The last lines of the proxy's output"],
];
/** Commands whose answer is also OpenClaw's own: they get its report on itself. */
const AUDITING = new Set(["audit", "doctor"]);
/** Exit code where the question cannot be answered. */
const UNDECIDED = 2;

/** @param {Host} host */
export function registerCli(host) {
  const description = IDENTITY.commandDescription;
  host.api.registerCli(
    ({ program }) => {
      const root = program.command(IDENTITY.command).description(description);
      for (const [name, text] of HELPER_COMMANDS) {
        root
          .command(name)
          .description(text)
          .allowUnknownOption()
          .allowExcessArguments()
          .argument("[args...]", `passed on to ${IDENTITY.helper} ${name}`)
          .action(async (_args, _options, command) => {
            process.exitCode = await runHelper(host, name, command.args);
          });
      }
      root
        .command("path")
        .description(`Path of ${IDENTITY.helper}, for use without OpenClaw`)
        .action(() => {
          process.exitCode = printPath(host);
        });
    },
    {
      descriptors: [
        {
          name: IDENTITY.command,
          description,
          hasSubcommands: true,
          machineOutput: ({ argv }) => argv.includes("--json") || argv.includes("path"),
        },
      ],
    },
  );
}

/**
 * @param {Host} host
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<number>} Exit code.
 */
async function runHelper(host, name, args) {
  let helper;
  try {
    helper = host.helper();
  } catch (error) {
    if (error instanceof NoHelper) {
      const { fallback } = await import("./cli-fallback.js");
      return fallback(host, name, args, error);
    }
    process.stderr.write(`${IDENTITY.id}: ${messageOf(error)}\n`);
    return UNDECIDED;
  }
  if (name === "doctor" && args.includes("--turn") && canPrompt(args)) {
    const { confirmAtTerminal } = await import("./turn.js");
    args = (await confirmAtTerminal(host)) ? [...args, "--yes"] : args.filter((arg) => arg !== "--turn");
  }
  const report = AUDITING.has(name) && !hasOption(args, "--openclaw") ? await hostReport(host, args) : undefined;
  const version = report === undefined ? (host.version() ?? "unknown") : "-";
  const known = [...locationArgs(host), "--openclaw", version];
  const argv = [helper, name, ...args, ...known.filter((_, at, all) => !hasOption(args, all[at - (at % 2)]))];
  // In this process's group, not in one of its own: Ctrl-C reaches it, and it may ask at the terminal.
  const run = host.runner();
  // One object is of use when it is whole; what is for people they read as it comes.
  if (args.includes("--json")) {
    const { stdout, stderr, code } = await run(argv, { input: report });
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    return code ?? UNDECIDED;
  }
  const { code } = await run(argv, {
    input: report,
    outputCapture: "discard",
    onOutputChunk(chunk, stream) {
      process[stream].write(chunk);
    },
  });
  return code ?? UNDECIDED;
}

/**
 * Whether there is a person to ask, and no option forbids it.
 * @param {string[]} args
 */
const canPrompt = (args) =>
  process.stdin.isTTY && process.stdout.isTTY && !["--yes", "-y", "--json"].some((option) => args.includes(option));

/**
 * What this OpenClaw says of itself, for the helper; nothing where it cannot be asked.
 * @param {Host} host
 * @param {string[]} args
 * @returns {Promise<string | undefined>}
 */
async function hostReport(host, args) {
  try {
    const say = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
    if (args.includes("--fix") && !args.includes("--dry-run")) await closeStored(host, await judgeFile(host), say);
    const { input } = await judgeFile(host);
    const { storedFiles, storedLists } = await storedByOpenClaw(host);
    const resolved = input.storedLists.filter(({ kind }) => kind === "resolutions");
    const { notAsked } = input;
    return JSON.stringify({ ...input.openclaw, storedFiles, storedLists: [...storedLists, ...resolved], notAsked });
  } catch (error) {
    // The helper says what is wrong with the file or the installation.
    host.log("warn", `OpenClaw itself was not asked: ${messageOf(error)}`);
    return undefined;
  }
}

/**
 * Whether the user gave this option.
 * @param {string[]} args
 * @param {string | undefined} option
 */
const hasOption = (args, option) => args.some((arg) => arg === option || arg.startsWith(`${option}=`));

/** @param {Host} host */
function printPath(host) {
  try {
    process.stdout.write(`${host.helper()}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${IDENTITY.id}: ${messageOf(error)}\n`);
    return UNDECIDED;
  }
}
