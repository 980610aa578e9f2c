/** The primary picture of a HEIF file in libheif's memory: its tiles as samples, and what it says of its colours. */
import type { Size } from '@tintype/raster';
import { tookTooMuchMemory } from '../decode-problem.ts';
import { codesOfStream } from '../source-colour/encoding.ts';
import { heifProblem } from './heif-problem.ts';
import type { Libheif } from './libheif.ts';

/** Interleaved samples of a part of the picture; they are libheif's, and gone with the next call that asks for memory. */
export type HeifSamples = Size & {
  /** From the first sample on, rows of `stride` samples. */
  data: Uint8Array | Uint16Array;
  stride: number;
  bits: number;
};

/** Of the picture before its transformations; the last column and row may reach over its border. */
export type Tiling = { columns: number; rows: number; tileWidth: number; tileHeight: number };

export type HeifColour = { profile: Buffer | null; codes: { primaries: number; transfer: number } | null };

// heif_image.h
const rgb = 1;
const asItIs = 99;
const interleaved = 10;
const chroma = { plain: { 3: 10, 4: 11 }, deep: { 3: 14, 4: 15 } } as const;

/** Where fields of libheif's structures lie, of version 1.23 (32-bit pointers). */
const limitsAt = { imagePixels: 8, items: 28, profileBytes: 32, blockBytes: 40, totalBytes: 64 };
const optionsAt = { version: 0, untransformed: 1, strict: 21, autocorrect: 68, passthrough: 69 };
const optionsVersion = 10;
const codesAt = { primaries: 4, transfer: 8 };
const tilingBytes = 80;
const maxProfileBytes = 4 * 1024 * 1024;

export type HeifLimits = { imagePixels: number; totalBytes: number; isCropped: boolean };

export class HeifPicture {
  readonly channels: 3 | 4;
  readonly #heif: Libheif;
  readonly #isCropped: boolean;
  readonly #handle: number;
  readonly #options: number;
  /** Room for an error, a pointer and a tiling. */
  readonly #error: number;
  readonly #out: number;

  /** Throws `corrupt_image`, `unsupported_format`, `too_many_pixels`. */
  constructor(heif: Libheif, file: Buffer, limits: HeifLimits) {
    this.#heif = heif;
    this.#isCropped = limits.isCropped;
    this.#error = this.#room(12);
    this.#out = this.#room(tilingBytes);
    const context = heif._heif_context_alloc();
    this.#limit(heif._heif_context_get_security_limits(context), limits);
    const at = this.#room(file.length);
    heif.HEAPU8.set(file, at);
    this.#must(() => heif._heif_context_read_from_memory_without_copy(this.#error, context, at, file.length, 0));
    this.#handle = this.#pointer(() => heif._heif_context_get_primary_image_handle(this.#error, context, this.#out));
    this.channels = heif._heif_image_handle_has_alpha_channel(this.#handle) === 1 ? 4 : 3;
    this.#options = this.#decodingOptions();
  }

  get size(): Size {
    return {
      width: this.#heif._heif_image_handle_get_width(this.#handle),
      height: this.#heif._heif_image_handle_get_height(this.#handle),
    };
  }

  get hasPremultipliedAlpha(): boolean {
    return this.#heif._heif_image_handle_is_premultiplied_alpha(this.#handle) === 1;
  }

  /** Of the file, or where it says nothing, of its first tile and the HEVC in that; `isTiled` as the header says. */
  colour(isTiled: boolean): HeifColour {
    const [heif, error, handle] = [this.#heif, this.#error, this.#handle];
    const told = {
      profile: this.#profile(heif._heif_image_handle_get_raw_color_profile_size(handle), (at) =>
        heif._heif_image_handle_get_raw_color_profile(error, handle, at),
      ),
      codes: this.#codes(() => heif._heif_image_handle_get_nclx_color_profile(error, handle, this.#out)),
    };
    if (told.profile || told.codes) return told;
    const decode = isTiled ? heif._heif_image_handle_decode_image_tile : heif._heif_decode_image;
    const image = this.#pointer(() => decode(error, handle, this.#out, asItIs, asItIs, this.#options, 0, 0));
    const codes = this.#codes(() => heif._heif_image_get_nclx_color_profile(error, image, this.#out));
    const ofTile = {
      profile: this.#profile(heif._heif_image_get_raw_color_profile_size(image), (at) =>
        heif._heif_image_get_raw_color_profile(error, image, at),
      ),
      codes: codes && codesOfStream(codes),
    };
    heif._heif_image_release(image);
    return ofTile;
  }

  tiling(): Tiling {
    const { _heif_image_handle_get_image_tiling: tilingOf } = this.#heif;
    this.#must(() => tilingOf(this.#error, this.#handle, 0, this.#out));
    const [, columns = 0, rows = 0, tileWidth = 0, tileHeight = 0] = this.#heif.HEAPU32.subarray(this.#out / 4);
    return { columns, rows, tileWidth, tileHeight };
  }

  /** Hands samples of one tile on, before any transformation and without alpha; they may be used until the call ends. */
  withTile(column: number, row: number, use: (samples: HeifSamples) => void): void {
    const decode = this.#heif._heif_image_handle_decode_image_tile;
    this.#heif.HEAPU8[this.#options + optionsAt.untransformed] = 1;
    this.#withImage(use, () =>
      decode(this.#error, this.#handle, this.#out, rgb, this.#chroma(3), this.#options, column, row),
    );
  }

  /** The same for all of the picture, as it is looked at, with alpha where it has some. */
  withWhole(use: (samples: HeifSamples) => void): void {
    const decode = this.#heif._heif_decode_image;
    this.#withImage(use, () =>
      decode(this.#error, this.#handle, this.#out, rgb, this.#chroma(this.channels), this.#options),
    );
  }

  #withImage(use: (samples: HeifSamples) => void, decode: () => void): void {
    const image = this.#pointer(decode);
    use(this.#samplesOf(image));
    this.#heif._heif_image_release(image);
  }

  #samplesOf(image: number): HeifSamples {
    const heif = this.#heif;
    const size = {
      width: heif._heif_image_get_width(image, interleaved),
      height: heif._heif_image_get_height(image, interleaved),
    };
    const at = heif._heif_image_get_plane_readonly(image, interleaved, this.#out);
    const strideBytes = heif.HEAPU32[this.#out / 4] ?? 0;
    const bits = heif._heif_image_get_bits_per_pixel_range(image, interleaved);
    if (at === 0 || size.width < 1 || size.height < 1) throw new Error('libheif has no samples');
    return bits > 8
      ? { ...size, data: heif.HEAPU16.subarray(at / 2), stride: strideBytes / 2, bits }
      : { ...size, data: heif.HEAPU8.subarray(at), stride: strideBytes, bits };
  }

  #profile(bytes: number, read: (at: number) => void): Buffer | null {
    if (bytes === 0) return null;
    const at = this.#room(bytes);
    this.#must(() => read(at));
    return Buffer.from(this.#heif.HEAPU8.slice(at, at + bytes));
  }

  /** Null where the call fails: it says nothing of its colours. */
  #codes(read: () => void): HeifColour['codes'] {
    read();
    if (this.#number(this.#error) !== 0) return null;
    const codes = this.#number(this.#out);
    return {
      primaries: this.#number(codes + codesAt.primaries),
      transfer: this.#number(codes + codesAt.transfer),
    };
  }

  #chroma(channels: 3 | 4): number {
    const isDeep = this.#heif._heif_image_handle_get_luma_bits_per_pixel(this.#handle) > 8;
    return chroma[isDeep ? 'deep' : 'plain'][channels];
  }

  /** Nothing is mended but what is known of cameras; the colours stay those of the file. */
  #decodingOptions(): number {
    const options = this.#heif._heif_decoding_options_alloc();
    const { HEAPU8: bytes } = this.#heif;
    if ((bytes[options + optionsAt.version] ?? 0) < optionsVersion) throw new Error('another libheif than expected');
    for (const at of [optionsAt.strict, optionsAt.autocorrect, optionsAt.passthrough]) bytes[options + at] = 1;
    return options;
  }

  #limit(limits: number, { imagePixels, totalBytes }: HeifLimits): void {
    const view = new DataView(this.#heif.HEAPU8.buffer, limits);
    view.setBigUint64(limitsAt.imagePixels, BigInt(imagePixels), true);
    view.setUint32(limitsAt.items, 65_535, true);
    view.setUint32(limitsAt.profileBytes, maxProfileBytes, true);
    view.setBigUint64(limitsAt.blockBytes, BigInt(totalBytes), true);
    view.setBigUint64(limitsAt.totalBytes, BigInt(totalBytes), true);
  }

  #room(bytes: number): number {
    const at = this.#heif._malloc(bytes);
    if (at === 0) throw tookTooMuchMemory(new Error('libheif has no room'));
    return at;
  }

  #number(at: number): number {
    return this.#heif.HEAPU32[at / 4] ?? 0;
  }

  /** What the call wrote to `out`. */
  #pointer(call: () => void): number {
    this.#must(call);
    return this.#number(this.#out);
  }

  #must(call: () => void): void {
    call();
    const code = this.#number(this.#error);
    if (code === 0) return;
    const [detail, message] = [this.#number(this.#error + 4), this.#text(this.#number(this.#error + 8))];
    throw heifProblem({ code, detail, message }, this.#isCropped);
  }

  #text(at: number): string {
    const { HEAPU8: bytes } = this.#heif;
    return Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString();
  }
}
