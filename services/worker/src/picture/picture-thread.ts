/** One thread, as its worker sees it: works on one file at a time, is told to end, may die. */
import { extname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { PictureStep } from '@tintype/picture/reduced';
import { readThreadEnvironment } from '../config.ts';
import {
  type ThreadData,
  type ThreadMessage,
  type ThreadReply,
  type ThreadTask,
  threadSteps,
} from './thread-messages.ts';

/** JavaScript of a thread; pixels and files are not in it. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };
/** Compiled or not: the thread runs as its process does. */
const extension = extname(fileURLToPath(import.meta.url));
const entry = new URL(`./thread-main${extension}`, import.meta.url);
const execArgv = extension === '.ts' ? ['--conditions=source'] : [];
const env = readThreadEnvironment();

/** What is copied of a large file in one turn of the loop: some two milliseconds. */
const partBytes = 4 * 1024 * 1024;

export type PictureThreadOptions = {
  /** Longest time for one file. */
  timeoutMs: number;
  /** How often a thread that takes long is looked at. */
  lookMs: number;
  /** Told of an end that nobody has asked for. */
  onDeath: (err: unknown) => void;
};

export class PictureThread {
  isAlive = true;
  readonly #options: PictureThreadOptions;
  readonly #step = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #worker: Worker;
  #answer: (reply: ThreadReply | null) => void = () => undefined;

  constructor(options: PictureThreadOptions) {
    this.#options = options;
    const workerData: ThreadData = { step: this.#step };
    this.#worker = new Worker(entry, { env, execArgv, resourceLimits, workerData });
    this.#worker.on('message', (reply: ThreadReply) => this.#answer(reply));
    this.#worker.on('error', options.onDeath);
    this.#worker.on('exit', () => {
      this.isAlive = false;
      this.#answer(null);
    });
    this.#worker.unref();
  }

  /** Null when the thread has died or was ended, also because it took too long. */
  async ask(bytes: Buffer, task: ThreadTask, onStep: (step: PictureStep) => void): Promise<ThreadReply | null> {
    if (!this.isAlive) return null;
    const reply = new Promise<ThreadReply | null>((resolve) => {
      this.#answer = resolve;
    });
    const stopWatching = this.#watch(onStep);
    try {
      await this.#send(bytes, task);
      return await reply;
    } finally {
      stopWatching();
    }
  }

  async end(): Promise<void> {
    this.isAlive = false;
    await this.#worker.terminate();
  }

  /** A step that lasts is told when it is seen; most pictures are done before anybody looks. */
  #watch(onStep: (step: PictureStep) => void): () => void {
    const { timeoutMs, lookMs } = this.#options;
    const startedMs = performance.now();
    let told = 0;
    Atomics.store(this.#step, 0, told);
    const look = () => {
      const leftMs = timeoutMs - (performance.now() - startedMs);
      if (leftMs <= 0) return void this.end();
      timer = setTimeout(look, Math.min(lookMs, leftMs));
      const now = Atomics.load(this.#step, 0);
      const step = threadSteps[now];
      if (now !== told && step) onStep(step);
      told = now;
    };
    let timer = setTimeout(look, Math.min(lookMs, timeoutMs));
    return () => clearTimeout(timer);
  }

  /**
   * What is in shared memory is not copied. Of the rest, large files are sent part by part, with turns for others
   * between.
   */
  async #send(bytes: Buffer, task: ThreadTask): Promise<void> {
    if (bytes.buffer instanceof SharedArrayBuffer) return this.#post({ kind: 'task', task, bytes });
    for (let at = 0; bytes.length > partBytes && at < bytes.length; at += partBytes) {
      if (at > 0) await nextTurn();
      const part = new Uint8Array(bytes.subarray(at, at + partBytes));
      this.#post({ kind: 'part', part, totalBytes: bytes.length }, part.buffer);
    }
    if (bytes.length > partBytes) return this.#post({ kind: 'task', task, bytes: null });
    const copy = new Uint8Array(bytes);
    this.#post({ kind: 'task', task, bytes: copy }, copy.buffer);
  }

  #post(message: ThreadMessage, ...handedOver: ArrayBuffer[]): void {
    this.#worker.postMessage(message, handedOver);
  }
}
