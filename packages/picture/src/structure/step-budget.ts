/** Bounds a walk through a stranger's file. */

/** The walk is longer than it may be. */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps';
}

export class StepBudget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Throws `OutOfSteps` when there is none left. */
  take(): void {
    if (this.#left === 0) throw new OutOfSteps();
    this.#left -= 1;
  }
}
