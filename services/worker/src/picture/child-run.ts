/** One child's life: it is asked, heard, and ended. */
import { Problem } from '@tintype/contracts';
import { type PictureStep, saysOutOfMemory, tookTooMuchMemory } from '@tintype/picture';
import { type ChildAnswer, maxMessageBytes, pictureProblems, writeRequest } from './child-messages.ts';
import type { Child } from './child-process.ts';
import { ReplyListener } from './child-reply.ts';
import { FrameReader, frameOf } from './frames.ts';
import type { PictureRequest, PictureSettings } from './picture-runner.ts';

/** What is kept of standard error for the log. */
const maxErrorTextBytes = 8192;

export class ChildRun {
  /** Settles once the child is gone. */
  readonly over: Promise<ChildAnswer>;
  readonly #child: Child;
  readonly #request: PictureRequest;
  readonly #settings: PictureSettings;
  readonly #reply: ReplyListener;
  readonly #reader: FrameReader;
  #reason: unknown;
  #errorText = '';
  /** Pieces that came in. */
  #heard = 0;

  constructor(child: Child, request: PictureRequest, settings: PictureSettings, onStep: (step: PictureStep) => void) {
    this.#child = child;
    this.#request = request;
    this.#settings = settings;
    this.#reply = new ReplyListener(request, settings, onStep);
    this.#reader = new FrameReader(maxMessageBytes, this.#reply.listen);
    child.stdin.on('error', () => undefined); // EPIPE when it died first: its end tells
    child.stdout.on('data', (piece: Buffer) => this.#hear(piece));
    child.stderr.on('data', (piece: Buffer) => {
      this.#heard += 1;
      this.#errorText += piece.toString('latin1', 0, maxErrorTextBytes - this.#errorText.length);
    });
    child.once('exit', () => setImmediate(() => this.#hangUp()));
    this.over = new Promise((resolve, reject) => {
      child.on('error', (err) => {
        if (child.pid === undefined) reject(err); // it could not be started: our trouble, not the picture's
      });
      child.once('close', (code, signal) => {
        if (this.#reply.answer) resolve(this.#reply.answer);
        else reject(this.#reason ?? this.#diedOf(code, signal));
      });
    });
  }

  /** Standard input stays open: its end is how a child learns that its worker is gone. */
  ask(): void {
    const messages = writeRequest(this.#request, this.#settings);
    for (const message of messages) for (const piece of frameOf(message)) this.#child.stdin.write(piece);
  }

  end(reason: unknown): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  /**
   * The child is gone, but something of it may still hold its pipes, and they would never end. What it wrote is there to
   * be read: when a whole turn of the loop brings nothing more, that was all.
   */
  #hangUp(): void {
    const heardBefore = this.#heard;
    setImmediate(() => {
      const isOver = this.#reply.answer !== null || this.#reason !== undefined || this.#heard === heardBefore;
      if (!isOver) return this.#hangUp();
      for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    });
  }

  #hear(piece: Buffer): void {
    this.#heard += 1;
    if (this.#reply.answer || this.#reason !== undefined) return;
    try {
      this.#reader.add(piece);
    } catch (err) {
      this.end(isPictureProblem(err) ? err : crashed(err)); // no answer that a child of ours would give
    }
    if (this.#reply.answer) this.#child.kill('SIGKILL');
  }

  /** A library or V8 that is refused memory says so before it gives up; other deaths are crashes. */
  #diedOf(code: number | null, signal: NodeJS.Signals | null): Problem {
    const cause = new Error(`child ended with ${signal ?? code}: ${this.#errorText}`);
    return saysOutOfMemory(this.#errorText) ? tookTooMuchMemory(cause) : crashed(cause);
  }
}

function isPictureProblem(err: unknown): boolean {
  return err instanceof Problem && pictureProblems.includes(err.code);
}

function crashed(cause: unknown): Problem {
  return new Problem('worker_crashed', { detail: 'The process that worked on the picture died.', cause });
}
