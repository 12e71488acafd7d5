// @ts-check

/**
 * What an error says, for people.
 * @param {unknown} error
 * @returns {string}
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The code of an error of the system, for example `ENOENT`.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export const codeOf = (error) => /** @type {{ code?: string } | undefined} */ (error)?.code;

/**
 * The next step, as every message writes it.
 * @param {string} next
 */
export const hint = (next) => `hint: ${next}`;
