/** The worker's side of what a child says: each answer is held against what can come of the order. */
import { fits, isProblemCode, type PictureOrder, Problem, sniffFormat } from '@tintype/contracts';
import {
  isPossibleLight,
  isPossibleSource,
  isPossibleThumbnail,
  lightStride,
  type MadeRendition,
  type PictureStep,
  type Sample,
} from '@tintype/picture';
import { type ChildAnswer, maxMessageBytes, pictureProblems } from './child-messages.ts';
import type { PictureRequest, PictureSettings } from './picture-runner.ts';
import { type Drawn, type Failed, Message, type SampleShape } from './reply-schemas.ts';

/** Of a thumbnail: noise with alpha takes 5.2 as an AVIF of the best quality, more than its pixels. */
const mostBytesPerPixel = 8;
/** Headers of an encoded picture, and what incompressible pixels take more. */
const encodingBytes = 256 * 1024;
/** Timings are rounded to the tenth. */
const roundingMs = 1;
/** A picture has three steps, and may go from one to another and back for each of its thumbnails. */
const mostStepsTold = 100;

/** Takes the frames of one child. Throws the problem that it reports, or any error when what it says cannot be true. */
export class ReplyListener {
  /** Everything, once it is there. */
  answer: ChildAnswer | null = null;
  readonly #request: PictureRequest;
  readonly #limits: PictureSettings['limits'];
  readonly #onStep: (step: PictureStep) => void;
  readonly #startedMs = performance.now();
  #stepsTold = 0;
  #drawn: Drawn | null = null;
  readonly #renditions: MadeRendition[] = [];
  #sample: Sample | null = null;

  constructor(
    request: PictureRequest,
    { limits }: Pick<PictureSettings, 'limits'>,
    onStep: (step: PictureStep) => void,
  ) {
    this.#request = request;
    this.#limits = limits;
    this.#onStep = onStep;
  }

  /** As a `FrameListener`. */
  readonly listen = (message: Buffer): number | null => {
    if (this.#drawn) return this.#take(this.#drawn, message);
    const said = messageOf(message);
    if ('problem' in said) throw problemOf(said, this.#request.order);
    if ('step' in said) {
      this.#stepsTold += 1;
      if (this.#stepsTold > mostStepsTold) throw new Error('the child goes round in circles');
      this.#onStep(said.step);
      return maxMessageBytes;
    }
    if (!this.#isPossible(said)) throw new Error('the child drew what cannot come of this order');
    this.#drawn = said;
    return this.#next(said);
  };

  #isPossible({ facts, renditions, sample, resizeMs }: Drawn): boolean {
    const { bytes, order } = this.#request;
    const areAsked = renditions.every((shape, at) => {
      const asked = order.renditions[at];
      return asked !== undefined && isPossibleThumbnail(shape, asked, facts);
    });
    const isInTime = resizeMs <= performance.now() - this.#startedMs + roundingMs;
    const isComplete = areAsked && renditions.length === order.renditions.length;
    const isSampled = (sample === null) === (order.colours === null);
    return isComplete && isSampled && isInTime && isPossibleSource(facts, bytes, this.#limits, order);
  }

  /** Thumbnails come first, then the pixels of the sample, then its light. */
  #take(drawn: Drawn, bytes: Buffer): number | null {
    const { renditions, sample } = drawn;
    if (this.#renditions.length < renditions.length) this.#takeThumbnail(drawn, bytes);
    else if (sample && !this.#sample) this.#sample = sampleOf(sample, bytes);
    else if (this.#sample) this.#sample = { ...this.#sample, light: lightOf(this.#sample, bytes) };
    return this.#next(drawn);
  }

  #takeThumbnail({ renditions }: Drawn, bytes: Buffer): void {
    const at = this.#renditions.length;
    const [shape, asked] = [renditions[at], this.#request.order.renditions[at]];
    if (!shape || !asked || sniffFormat(bytes) !== shape.format) throw new Error('the child made no such picture');
    const { buffer } = bytes;
    const free = () => void (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length && buffer.transfer(0));
    this.#renditions.push({ name: asked.name, ...shape, bytes, free });
  }

  /** The cap of the next frame. */
  #next({ facts, renditions, sample, resizeMs }: Drawn): number | null {
    const next = renditions[this.#renditions.length];
    if (next) return next.width * next.height * mostBytesPerPixel + encodingBytes;
    if (sample && !this.#sample) return pixelBytesOf(sample);
    if (sample?.hasLight && !this.#sample?.light) return lightBytesOf(sample);
    const drawn = { facts, renditions: this.#renditions, sample: this.#sample, description: null };
    this.answer = { drawn, resizeMs };
    return null;
  }
}

const pixelBytesOf = ({ width, height, channels }: Omit<SampleShape, 'hasLight'>) => width * height * channels;
const lightBytesOf = ({ width, height }: Pick<SampleShape, 'width' | 'height'>) =>
  width * height * lightStride * Float32Array.BYTES_PER_ELEMENT;

function sampleOf({ hasLight, ...shape }: SampleShape, data: Buffer): Sample {
  if (data.length !== pixelBytesOf(shape)) throw new Error('the child sent another number of pixels');
  return { ...shape, data };
}

/** A frame begins where its memory does, which numbers need. */
function lightOf(sample: Sample, { buffer, byteOffset, length }: Buffer): Float32Array {
  if (length !== lightBytesOf(sample)) throw new Error('the child sent light of another number of pixels');
  const light = new Float32Array(buffer, byteOffset, length / Float32Array.BYTES_PER_ELEMENT);
  if (!isPossibleLight(light)) throw new Error('the child sent light that no pixels have');
  return light;
}

/** Throws at what is none. */
function messageOf(said: Buffer): Message {
  const value: unknown = JSON.parse(said.toString());
  if (!fits(Message, value)) throw new Error('a message that is none of ours');
  return value;
}

/** Whether something is asked for that only the picture can refuse: a frame, a part of it, a size of the file. */
function mayBeImpossible({ frame = 0, renditions, colours }: PictureOrder): boolean {
  const isPart = typeof colours?.region === 'object';
  return frame !== 0 || isPart || renditions.some(({ crop, max_bytes: maxBytes }) => crop || maxBytes !== undefined);
}

function problemOf({ problem, detail }: Failed, order: PictureOrder): Problem {
  const isPossible = isProblemCode(problem) && pictureProblems.includes(problem);
  if (!isPossible || (problem === 'invalid_option' && !mayBeImpossible(order))) {
    throw new Error('the child reports no such problem');
  }
  return new Problem(problem, { detail: detail.replace(/\p{C}+/gu, ' ') });
}
