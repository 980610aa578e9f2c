/** Threads for what needs no libvips: they leave the worker's own loop to the jobs, and use every core. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Pixels } from '@tintype/raster';
import { type Comer, createGate } from '../gate.ts';
import type { PictureColours } from '../steps/colours.ts';
import type { JpegPlan } from './jpeg-plan.ts';

/** What a thread is asked. */
export type JpegRequest = JpegPlan & {
  /** In shared memory: nothing is copied. */
  bytes: Uint8Array;
};

/** Encoded, or as pixels that libvips is to finish. */
export type ReducedThumbnail = { bytes: Uint8Array; width: number; height: number } | { pixels: Pixels };

export type ReducedJpeg = {
  thumbnail: ReducedThumbnail | null;
  colours: PictureColours | null;
  timingsMs: { decode: number; resize: number; colours: number };
};

/** What a thread answers: null when libvips must have a look at the file. */
export type JpegReply = ReducedJpeg | null;

export type JpegThreads = {
  /** Waits for a thread. Null when libvips must have a look at the file, or the thread gave up. Throws the signal's reason. */
  reduce(bytes: Buffer, plan: JpegPlan, comer: Comer): Promise<JpegReply>;
  stop(): Promise<void>;
};

export type JpegThreadsOptions = {
  /** None: everything is left to libvips. */
  count: number;
  timeoutMs: number;
  /** A thread died; another one takes its place. */
  onDeath: (err: unknown) => void;
};

export function createJpegThreads({ count, timeoutMs, onDeath }: JpegThreadsOptions): JpegThreads {
  const gate = createGate(count);
  const start = () => new JpegThread(timeoutMs, onDeath);
  const idle = Array.from({ length: count }, start);
  const all = new Set(idle);
  return {
    async reduce(bytes, plan, comer) {
      if (count === 0) return null;
      return gate.run(comer, async () => {
        const thread = idle.pop() ?? start();
        all.add(thread);
        const reply = await thread.ask(bytes, plan);
        if (thread.isAlive) idle.push(thread);
        else all.delete(thread);
        return reply;
      });
    },
    stop: async () => void (await Promise.all([...all].map((thread) => thread.end()))),
  };
}

/** JavaScript of a thread; pixels and files are not in it. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };
/** Compiled or not: the thread runs as its process does. */
const entry = new URL(`./jpeg-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/** Works on one file at a time. */
class JpegThread {
  isAlive = true;
  readonly #timeoutMs: number;
  readonly #worker = new Worker(entry, { env: {}, resourceLimits });
  #answer: (reply: JpegReply) => void = () => undefined;

  constructor(timeoutMs: number, onDeath: (err: unknown) => void) {
    this.#timeoutMs = timeoutMs;
    this.#worker.on('message', (reply: JpegReply) => this.#answer(reply));
    this.#worker.on('error', onDeath);
    this.#worker.on('exit', () => {
      this.isAlive = false;
      this.#answer(null);
    });
    this.#worker.unref();
  }

  async ask(bytes: Buffer, plan: JpegPlan): Promise<JpegReply> {
    if (!this.isAlive) return null;
    const reply = new Promise<JpegReply>((resolve) => {
      this.#answer = resolve;
    });
    const timer = setTimeout(() => void this.end(), this.#timeoutMs);
    this.#worker.postMessage({ bytes: shared(bytes), ...plan } satisfies JpegRequest);
    try {
      return await reply;
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    this.isAlive = false;
    await this.#worker.terminate();
  }
}

/** Downloads are in shared memory already, uploads are not. */
function shared(bytes: Buffer): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
