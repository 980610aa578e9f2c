/** Time limits: one that passes through phases, and one over all that stands still while we are the slow ones. */
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

/** A time over all, which does not run while somebody else is waited for. */
export class Deadline {
  readonly #onOver: () => void;
  #leftMs: number;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, onOver: () => void) {
    this.#onOver = onOver;
    this.#leftMs = ms;
    this.#start();
  }

  /** Stands still until `wait` is over; one wait at a time. */
  async during(wait: Promise<void>): Promise<void> {
    this.#leftMs -= performance.now() - this.#startedMs;
    this.lift();
    await wait;
    this.#start();
  }

  lift(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#startedMs = performance.now();
    this.#timer = setTimeout(this.#onOver, Math.max(0, this.#leftMs));
  }
}
