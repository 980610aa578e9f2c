/** Makes a picture in a child process that is used once: whatever its bytes do, it ends in time and hurts nobody else. */
import { Problem } from '@tintype/contracts';
import { saysOutOfMemory, tooMuchMemory } from '@tintype/imaging';
import { type ChildTimings, maxReplyBytes, pictureProblems, readReply, writeRequest } from './child-messages.ts';
import { type Child, startChild } from './child-process.ts';
import { FrameReader, frameOf } from './frames.ts';
import type { MadePicture, PictureRequest, PictureSettings } from './picture-part.ts';

export type DisposableOptions = PictureSettings & {
  /** Hard limit on the memory of a child, all of it; null where there is none. */
  dataBytes: number | null;
  /** All of the child's environment. */
  env: Record<string, string>;
};

export type DisposableDecoder = {
  /**
   * Throws the problems of a picture; `decode_timeout` when time is up; `too_many_pixels` when the child was refused
   * memory; `worker_crashed` when it died otherwise or answered nonsense; the signal's reason.
   */
  make(request: PictureRequest, signal: AbortSignal): Promise<{ made: MadePicture; timingsMs: ChildTimings }>;
  /** Ends every child. */
  stop(): Promise<void>;
};

/** Last words that are kept for the log. */
const maxWordsBytes = 8192;
/** Several threads decode, and starting takes a second at worst. */
const cpuSecondsPerSecond = 4;

export function createDisposableDecoder(options: DisposableOptions): DisposableDecoder {
  const { dataBytes, env, timeoutMs } = options;
  const cpuSeconds = cpuSecondsPerSecond * (Math.ceil(timeoutMs / 1000) + 1);
  const running = new Set<Run>();
  return {
    async make(request, signal) {
      signal.throwIfAborted();
      const run = new Run(startChild({ dataBytes, cpuSeconds }, env), maxReplyBytes(request));
      running.add(run);
      const onAbort = () => run.end(signal.reason);
      const timer = setTimeout(() => run.end(new Problem('decode_timeout')), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        run.say(writeRequest(request, options));
        return readAnswer(await run.over, request);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        running.delete(run);
      }
    },
    async stop() {
      for (const run of running) run.end(new Error('the worker stops'));
      await Promise.allSettled([...running].map(({ over }) => over));
    },
  };
}

function readAnswer(messages: Buffer[], request: PictureRequest) {
  try {
    return readReply(messages, request);
  } catch (err) {
    if (err instanceof Problem && pictureProblems.includes(err.code)) throw err;
    throw crashed(err); // no answer that a child of ours would give
  }
}

function crashed(cause: unknown): Problem {
  return new Problem('worker_crashed', { detail: 'The process that worked on the picture died.', cause });
}

/** One child's life; `over` settles once it is gone. */
class Run {
  readonly over: Promise<Buffer[]>;
  readonly #child: Child;
  readonly #reader: FrameReader;
  #messages: Buffer[] | null = null;
  #reason: unknown;
  #words = '';

  constructor(child: Child, maxBytes: readonly number[]) {
    this.#child = child;
    this.#reader = new FrameReader(maxBytes);
    child.stdin.on('error', () => undefined); // EPIPE when it died first: its end tells
    child.stdout.on('data', (piece: Buffer) => this.#hear(piece));
    child.stderr.on('data', (piece: Buffer) => {
      if (this.#words.length < maxWordsBytes) this.#words += piece.toString('latin1');
    });
    this.over = new Promise((resolve, reject) => {
      child.on('error', (err) => {
        if (child.pid === undefined) reject(err); // it could not be started: our trouble, not the picture's
      });
      child.once('close', (code, signal) => {
        if (this.#messages) resolve(this.#messages);
        else reject(this.#reason ?? this.#diedOf(code, signal));
      });
    });
  }

  /** Standard input stays open: its end is how a child learns that its worker is gone. */
  say(messages: Uint8Array[]): void {
    for (const message of messages) for (const piece of frameOf(message)) this.#child.stdin.write(piece);
  }

  end(reason: unknown): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  #hear(piece: Buffer): void {
    if (this.#messages || this.#reason !== undefined) return;
    try {
      this.#messages = this.#reader.add(piece);
    } catch (err) {
      this.end(crashed(err));
    }
    if (this.#messages) this.#child.kill('SIGKILL');
  }

  /** A library or V8 that is refused memory says so before it gives up; other deaths are crashes. */
  #diedOf(code: number | null, signal: NodeJS.Signals | null): Problem {
    const cause = new Error(`child ended with ${signal ?? code}: ${this.#words}`);
    return saysOutOfMemory(this.#words) ? tooMuchMemory(cause) : crashed(cause);
  }
}
