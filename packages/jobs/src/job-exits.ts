/** Why a job leaves its worker before it is done: aborted for the first two reasons, by itself for the others. */

/** Its client does not want it any more. */
export class JobCancelled extends Error {
  override readonly name = 'JobCancelled';
}

/** The worker stops: another one shall do it, from the beginning, and this attempt does not count. */
export class HandedBack extends Error {
  override readonly name = 'HandedBack';
}

/** Another job does the same at the moment: this one waits outside of the worker until that one has ended. */
export class WaitingForLeader extends Error {
  override readonly name = 'WaitingForLeader';
}

/** It cannot be done just now: it shall come back after `delayMs`, and this attempt does not count. */
export class Postponed extends Error {
  override readonly name = 'Postponed';
  readonly delayMs: number;

  constructor(delayMs: number) {
    super(`postponed for ${delayMs} ms`);
    this.delayMs = delayMs;
  }
}

/** It was written by a newer version: a worker of that one shall do it, and this attempt does not count. */
export class LeftToNewer extends Error {
  override readonly name = 'LeftToNewer';
}
