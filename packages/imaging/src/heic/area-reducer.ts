/** Makes a picture smaller as its parts come in, in any order: each pixel becomes the mean of the area that it covers. */
import type { Size } from '@tintype/raster';
import type { HeifSamples } from './heif-picture.ts';

export type ReducedSamples = Size & { channels: 3 | 4; data: Uint8Array | Uint16Array };

/** Where each line of pixels of the large picture goes: a line of the small one, and how much of it; the rest to the next. */
type Shares = { line: Int32Array; share: Float32Array };

function sharesOf(from: number, to: number): Shares {
  const line = new Int32Array(from);
  const share = new Float32Array(from).fill(1);
  for (let at = 0; at < from; at += 1) {
    const first = Math.floor((at * to) / from);
    const border = ((first + 1) * from) / to;
    line[at] = first;
    if (at + 1 > border) share[at] = border - at;
  }
  return { line, share };
}

/** `to` is no larger than `from`. Of four channels the last is alpha; colours count by it. */
export class AreaReducer {
  readonly #from: Size;
  readonly #to: Size;
  readonly #channels: 3 | 4;
  readonly #across: Shares;
  readonly #down: Shares;
  readonly #sums: Float32Array;
  /** One row of the large picture, made narrow. */
  readonly #narrow: Float32Array;
  #bits = 8;

  constructor(from: Size, to: Size, channels: 3 | 4) {
    this.#from = from;
    this.#to = to;
    this.#channels = channels;
    this.#across = sharesOf(from.width, to.width);
    this.#down = sharesOf(from.height, to.height);
    this.#sums = new Float32Array(to.width * to.height * channels);
    this.#narrow = new Float32Array((to.width + 1) * channels);
  }

  /** Takes a part whose first sample lies at `left`, `top` of the picture; what lies outside of it is passed over. */
  add(part: HeifSamples, left: number, top: number, isPremultiplied = false): void {
    this.#bits = part.bits;
    const fromX = Math.max(0, left);
    const endX = Math.min(this.#from.width, left + part.width);
    const endY = Math.min(this.#from.height, top + part.height);
    if (endX <= fromX) return;
    for (let y = Math.max(0, top); y < endY; y += 1) {
      const at = (y - top) * part.stride + (fromX - left) * this.#channels;
      this.#narrow.fill(0);
      if (this.#channels === 3) this.#narrowOpaque(part.data, at, fromX, endX);
      else this.#narrowAlpha(part.data, at, fromX, endX, isPremultiplied ? 1 : 0);
      this.#addNarrow(y, fromX, endX);
    }
  }

  #narrowOpaque(data: HeifSamples['data'], from: number, fromX: number, endX: number): void {
    const narrow = this.#narrow;
    const { line, share } = this.#across;
    for (let x = fromX, at = from; x < endX; x += 1, at += 3) {
      const to = (line[x] ?? 0) * 3;
      const part = share[x] ?? 1;
      const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
      narrow[to] = (narrow[to] ?? 0) + red * part;
      narrow[to + 1] = (narrow[to + 1] ?? 0) + green * part;
      narrow[to + 2] = (narrow[to + 2] ?? 0) + blue * part;
      if (part === 1) continue;
      narrow[to + 3] = (narrow[to + 3] ?? 0) + red * (1 - part);
      narrow[to + 4] = (narrow[to + 4] ?? 0) + green * (1 - part);
      narrow[to + 5] = (narrow[to + 5] ?? 0) + blue * (1 - part);
    }
  }

  /** Colours are multiplied by their alpha, unless they are already. */
  #narrowAlpha(data: HeifSamples['data'], from: number, fromX: number, endX: number, multiplied: 0 | 1): void {
    const narrow = this.#narrow;
    const { line, share } = this.#across;
    const most = 2 ** this.#bits - 1;
    for (let x = fromX, at = from; x < endX; x += 1, at += 4) {
      const to = (line[x] ?? 0) * 4;
      const part = share[x] ?? 1;
      const alpha = data[at + 3] ?? 0;
      const weight = multiplied === 1 ? 1 : alpha / most;
      for (let channel = 0; channel < 4; channel += 1) {
        const value = channel === 3 ? alpha : (data[at + channel] ?? 0) * weight;
        narrow[to + channel] = (narrow[to + channel] ?? 0) + value * part;
        if (part < 1) narrow[to + 4 + channel] = (narrow[to + 4 + channel] ?? 0) + value * (1 - part);
      }
    }
  }

  #addNarrow(y: number, fromX: number, endX: number): void {
    const [sums, narrow, channels] = [this.#sums, this.#narrow, this.#channels];
    const rowSamples = this.#to.width * channels;
    const from = (this.#across.line[fromX] ?? 0) * channels;
    const end = Math.min(rowSamples, ((this.#across.line[endX - 1] ?? 0) + 2) * channels);
    const row = (this.#down.line[y] ?? 0) * rowSamples;
    const part = this.#down.share[y] ?? 1;
    for (let at = from; at < end; at += 1) sums[row + at] = (sums[row + at] ?? 0) + (narrow[at] ?? 0) * part;
    const isLast = row + rowSamples >= sums.length;
    if (part === 1 || isLast) return;
    const next = row + rowSamples;
    for (let at = from; at < end; at += 1) sums[next + at] = (sums[next + at] ?? 0) + (narrow[at] ?? 0) * (1 - part);
  }

  /** Of 8 bits, or of 16 where the parts had more than 8. */
  finish(): ReducedSamples {
    const [sums, channels] = [this.#sums, this.#channels];
    const area = (this.#from.width * this.#from.height) / (this.#to.width * this.#to.height);
    const [most, wanted] = [2 ** this.#bits - 1, this.#bits > 8 ? 65_535 : 255];
    const scale = wanted / most / area;
    const data = this.#bits > 8 ? new Uint16Array(sums.length) : new Uint8Array(sums.length);
    for (let at = 0; at < sums.length; at += channels) {
      const alpha = channels === 4 ? (sums[at + 3] ?? 0) / area / most : 1;
      for (let channel = 0; channel < 3; channel += 1) {
        const value = alpha === 0 ? 0 : ((sums[at + channel] ?? 0) * scale) / alpha;
        data[at + channel] = Math.min(wanted, Math.round(value));
      }
      if (channels === 4) data[at + 3] = Math.round(alpha * wanted);
    }
    return { ...this.#to, channels, data };
  }
}
