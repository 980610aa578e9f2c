/** What the caller must write differently. */

/** The message says what, in one sentence; the process ends with 2. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}
