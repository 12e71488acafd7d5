// @ts-check
// What differs between the versions of OpenClaw that this plugin runs in, as one interface: that of the newest. A version
// is tried and not asked for its number, save where nothing else shows it: what it does not know it leaves out, and that is
// seen.

/** @typedef {import("./host.js").Api["runtime"]["system"]["runCommandWithTimeout"]} Runner */
/** @typedef {Exclude<Parameters<Runner>[1], number>} Options */

/** What was seen of the host that this process is. */
const seen = {
  /** Whether it hands over output as it comes; until 2026.7 it has lines only. */
  chunks: false,
  /** Whether a program without a time limit is ended after 1 ms, as until 2026.7. */
  limitNeeded: false,
};
/** Longest limit that such a host takes, in milliseconds: 24 days. A helper that it ends then is started again. */
const MAX_LIMIT_MS = 2_147_000_000;

/**
 * OpenClaw's way to start programs. In every version a missing `timeoutMs` means no limit, and `onOutputChunk` gets the
 * output while it comes: line by line in a host that has no other, and then without the start of a line that is longer
 * than 8 KB. What no version can be given: until 2026.7 a program that is aborted has 300 ms to end, whatever
 * `killGraceMs` says.
 * @param {Runner} run
 * @returns {(argv: string[], options: Options) => ReturnType<Runner>}
 */
export function runnerOf(run) {
  return async (argv, options) => {
    const observed = withOutput(options);
    if (options.timeoutMs !== undefined) return run(argv, observed);
    if (!seen.limitNeeded) {
      const result = await run(argv, observed);
      // Nobody set a limit, and it was reached.
      if (result.termination !== "timeout" || options.signal?.aborted) return result;
      seen.limitNeeded = true;
    }
    return run(argv, { ...withOutput(options), timeoutMs: MAX_LIMIT_MS });
  };
}

/**
 * @param {Options} options
 * @returns {Options}
 */
function withOutput(options) {
  const { onOutputChunk } = options;
  if (onOutputChunk === undefined || seen.chunks) return options;
  return {
    ...options,
    onOutputChunk(chunk, stream) {
      seen.chunks = true;
      return onOutputChunk(chunk, stream);
    },
    // A host that has both calls the other one first.
    preserveOutputLine(line, stream) {
      if (!seen.chunks) onOutputChunk(Buffer.from(`${line}\n`), stream);
      return false;
    },
  };
}

/** The first version that sends a request again by itself after its answer broke off. It can only be known by the number. */
const SENDS_AGAIN = [2026, 9, 1];

/**
 * How many answers break off one after the other before the user reads so in our words: until then OpenClaw sends the
 * request again by itself, and its own words would end that.
 * @param {string | undefined} version That of OpenClaw.
 */
export function brokenAnswersUntilReported(version) {
  const parts = (version ?? "").split(".").map(Number);
  const at = SENDS_AGAIN.findIndex((part, n) => part !== parts[n]);
  const sendsAgain = at === -1 || (parts[at] ?? 0) > (SENDS_AGAIN[at] ?? 0);
  return sendsAgain ? 3 : 1;
}

/** How often the configuration in force is checked, in milliseconds. */
const CHECK_MS = 1_000;

/**
 * Tells of another configuration in force. Hosts before 2026.9 do not restart a service for its `configPrefixes`; one that
 * does stops it first, so that nobody is notified.
 * @param {() => object} current The configuration in force.
 * @param {() => void} changed
 * @returns {() => void} Ends it.
 */
export function watchConfig(current, changed) {
  let known = current();
  let text = JSON.stringify(known);
  const timer = setInterval(() => {
    const now = current();
    if (now === known) return;
    known = now;
    const before = text;
    text = JSON.stringify(known);
    if (text !== before) changed();
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Forgets what was seen, as a new process. */
export function resetHost() {
  Object.assign(seen, { chunks: false, limitNeeded: false });
}
