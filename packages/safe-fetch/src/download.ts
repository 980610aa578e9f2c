/** One GET without redirects, each of its phases inside its own time. */
import type { Dispatcher } from 'undici';
import { FetchFailure } from './errors.ts';
import { type Answer, type AnswerHeaders, Reception } from './reception.ts';
import type { SourceBuffers } from './source-buffers.ts';
import { TimeLimit } from './time-limit.ts';

export type DownloadOptions = {
  headers: Record<string, string>;
  maxBytes: number;
  /** Where the body is put. */
  buffers: SourceBuffers;
  /** From the start to a connection; one in the pool takes no time. */
  connectTimeoutMs: number;
  /** From the sent request to the end of the answer's head; bytes of a head do not prolong it. */
  headersTimeoutMs: number;
  /** Between two pieces of the body. */
  idleTimeoutMs: number;
  /** Told of each piece of a 200's body; while what it answers is pending, no more is read and no time runs. */
  onBody?: ((bytes: number) => Promise<void> | null) | undefined;
  /** Ends the download, also the rest of one that has been answered already, with the signal's reason. */
  signal: AbortSignal;
};

/** Only announcements; more of them are no way to answer. */
const mostProvisionalAnswers = 20;

type Settlers = { resolve: (answer: Answer) => void; reject: (reason: unknown) => void };

/**
 * A dispatch handler rather than `request()`: no stream stands between, so an abort leaves no body whose 'error' could
 * go unheard and end the process. What a callback throws, undici turns into an abort and hands to `onResponseError`.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: DownloadOptions;
  readonly #settlers: Settlers;
  readonly #reception: Reception;
  readonly #limit = new TimeLimit((failure) => this.#stop(failure));
  readonly #onAbort = () => this.#stop(this.#options.signal.reason);
  #request: Dispatcher.DispatchController | null = null;
  #provisionalAnswers = 0;
  #isStopped = false;
  #isOver = false;

  constructor(options: DownloadOptions, settlers: Settlers) {
    this.#options = options;
    this.#settlers = settlers;
    this.#reception = new Reception(options.maxBytes, options.buffers);
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#limit.set(options.connectTimeoutMs, 'slow_connect');
  }

  onRequestStart(request: Dispatcher.DispatchController): void {
    this.#request = request;
    if (this.#isStopped) this.#cutOff();
    else this.#limit.set(this.#options.headersTimeoutMs, 'slow_headers');
  }

  onResponseStart(_request: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // 1xx only announces (RFC 9110 §15.2).
    if (status < 200) this.#countProvisional();
    else this.#takeHead(status, headers);
  }

  #takeHead(status: number, headers: AnswerHeaders): void {
    this.#limit.set(this.#options.idleTimeoutMs, 'slow_body');
    this.#answer(this.#reception.head(status, headers));
  }

  onResponseData(request: Dispatcher.DispatchController, piece: Buffer): void {
    this.#limit.moveOn();
    const isKept = this.#reception.piece(piece);
    const wait = isKept ? this.#options.onBody?.(piece.length) : null;
    if (wait) void this.#pause(request, wait);
  }

  onResponseEnd(): void {
    this.#letGo();
    this.#answer(this.#reception.end());
  }

  onResponseError(_request: Dispatcher.DispatchController, error: Error): void {
    this.#letGo();
    this.#settlers.reject(error);
  }

  /** undici may still hand out what it had read already; then this is called again, or the answer ends meanwhile. */
  async #pause(request: Dispatcher.DispatchController, wait: Promise<void>): Promise<void> {
    request.pause();
    this.#limit.lift();
    await wait;
    if (this.#isOver) return;
    this.#limit.set(this.#options.idleTimeoutMs, 'slow_body');
    request.resume();
  }

  #countProvisional(): void {
    this.#provisionalAnswers += 1;
    if (this.#provisionalAnswers > mostProvisionalAnswers) throw new FetchFailure('broke_off');
  }

  /** Rejects at once; a request that still waits for its connection is cut off when it gets one. */
  #stop(reason: unknown): void {
    this.#isStopped = true;
    this.#letGo();
    this.#settlers.reject(reason);
    this.#cutOff();
  }

  #cutOff(): void {
    this.#request?.abort(new FetchFailure('broke_off'));
  }

  #answer(answer: Answer | null): void {
    if (answer !== null) this.#settlers.resolve(answer);
  }

  #letGo(): void {
    this.#isOver = true;
    this.#limit.lift();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
  }
}

/**
 * Gets the URL through the dispatcher. Any status is an answer; only a 200 has its body read. Rejects with the signal's
 * reason, a `FetchFailure` (also what the connector found) or an error of undici or Node.
 */
export function download(dispatcher: Dispatcher, url: URL, options: DownloadOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) return reject(options.signal.reason);
    const exchange = new Exchange(options, { resolve, reject });
    const { pathname, search, origin } = url;
    dispatcher.dispatch({ origin, path: pathname + search, method: 'GET', headers: options.headers }, exchange);
  });
}
