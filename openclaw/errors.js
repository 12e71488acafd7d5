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

/** A failure, and what to do about it. Its message is one line with both. */
export class Failure extends Error {
  /**
   * @param {string} reason What happened, and where.
   * @param {string | undefined} next A command, or a sentence where no command does it.
   * @param {ErrorOptions} [options]
   */
  constructor(reason, next, options) {
    super(next === undefined ? reason : `${reason}. ${hint(next)}`, options);
    this.reason = reason;
    this.next = next;
  }
}

/**
 * What happened, and what to do about it where the error says it, for a place that shows them apart.
 * @param {unknown} error
 * @returns {{ reason: string, next: string | undefined }}
 */
export const partsOf = (error) =>
  error instanceof Failure ? { reason: error.reason, next: error.next } : { reason: messageOf(error), next: undefined };
