/** A time limit that passes through phases: set anew for each, moved on by a sign of life, lifted at the end. */
import { type FailureKind, FetchFailure } from './errors.ts';

/** Own timers rather than undici's, which are up to a second late. */
export class TimeLimit {
  readonly #onOver: (failure: FetchFailure) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onOver: (failure: FetchFailure) => void) {
    this.#onOver = onOver;
  }

  /** Starts a phase: after `ms` milliseconds it fails as `kind`. */
  set(ms: number, kind: FailureKind): void {
    this.lift();
    this.#timer = setTimeout(() => this.#onOver(new FetchFailure(kind)), ms);
  }

  /** Starts the time of the current phase again. */
  moveOn(): void {
    this.#timer?.refresh();
  }

  lift(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
