// @ts-check

/**
 * The result of work that OpenClaw or a file system may never end.
 * @template T
 * @param {number} ms
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 * @throws {Error} If it takes longer, or fails.
 */
export async function withTimeout(ms, work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it takes too long")), ms);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([(async () => work())(), late]));
  } finally {
    clearTimeout(timer);
  }
}
