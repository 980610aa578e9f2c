/** Threads for what needs no libvips: they leave the worker's own loop to the jobs, and use every core. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { encodeJpeg } from '@tintype/raster';
import { type Comer, createGate } from '../gate.ts';
import type { JpegPlan } from './jpeg-plan.ts';
import type { ReducedJpeg } from './jpeg-reducer.ts';

/** What a thread is asked. */
export type JpegRequest = JpegPlan & {
  /** Nothing is copied of what is in shared memory; large files and uploads are not. */
  bytes: Uint8Array;
};

/** What a thread answers: null when libvips must have a look at the file. */
export type JpegReply = ReducedJpeg | null;

export type JpegThreads = {
  /** Lets every thread make some pictures, so that the first stranger's does not pay for compiling the code. */
  warmUp(): Promise<void>;
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
  const reduce: JpegThreads['reduce'] = async (bytes, plan, comer) => {
    if (count === 0) return null;
    return gate.run(comer, async () => {
      const thread = idle.pop() ?? start();
      all.add(thread);
      const reply = await thread.ask(bytes, plan);
      if (thread.isAlive) idle.push(thread);
      else all.delete(thread);
      return reply;
    });
  };
  return {
    async warmUp() {
      const { bytes, plan } = warmUpPicture();
      const { signal } = new AbortController();
      const rounds = Array.from({ length: count * warmUpRounds }, (_, rank) => reduce(bytes, plan, { rank, signal }));
      await Promise.all(rounds);
    },
    reduce,
    stop: async () => void (await Promise.all([...all].map((thread) => thread.end()))),
  };
}

/** After so many the code of a thread is compiled for the most part. */
const warmUpRounds = 30;
/** JavaScript of a thread; pixels and files are not in it. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };
/** Compiled or not: the thread runs as its process does. */
const extension = extname(fileURLToPath(import.meta.url));
const entry = new URL(`./jpeg-thread${extension}`, import.meta.url);
const execArgv = extension === '.ts' ? ['--conditions=source'] : [];

/** Works on one file at a time. */
class JpegThread {
  isAlive = true;
  readonly #timeoutMs: number;
  readonly #worker = new Worker(entry, { env: {}, execArgv, resourceLimits });
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
    this.#worker.postMessage({ bytes: whole(bytes), ...plan } satisfies JpegRequest);
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

/** What is not shared is copied with all that is behind it. */
function whole(bytes: Buffer): Uint8Array {
  const { buffer, byteLength } = bytes;
  return buffer instanceof SharedArrayBuffer || buffer.byteLength === byteLength ? bytes : new Uint8Array(bytes);
}

/** Coarse noise, with enough detail to be a picture. */
function warmUpPicture(): { bytes: Buffer; plan: JpegPlan } {
  const [width, height] = [800, 600];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => ((at * 2_654_435_761) >>> 22) & 255);
  const size = { width: 133, height: 100 };
  return {
    bytes: encodeJpeg({ data, width, height, channels: 3 }, 60),
    plan: {
      thumbnail: { whole: size, size: { width: 100, height: 100 }, quality: 80 },
      colours: { size, options: {} },
    },
  };
}
