/** The only importer of libheif-js: libheif with libde265 (LGPL-3.0), built for WebAssembly; HEVC is under patents. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The part of libheif's C functions that is used. Pointers are numbers; what returns an error gets room for it first. */
export type Libheif = {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU16: Uint16Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  _heif_context_get_security_limits(context: number): number;
  _heif_context_read_from_memory_without_copy(
    error: number,
    context: number,
    bytes: number,
    length: number,
    options: number,
  ): void;
  _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_image_handle_is_premultiplied_alpha(handle: number): number;
  _heif_image_handle_get_luma_bits_per_pixel(handle: number): number;
  _heif_image_handle_get_raw_color_profile_size(handle: number): number;
  _heif_image_handle_get_raw_color_profile(error: number, handle: number, profile: number): void;
  _heif_image_handle_get_nclx_color_profile(error: number, handle: number, codes: number): void;
  _heif_image_handle_get_image_tiling(error: number, handle: number, transformed: number, tiling: number): void;
  _heif_decoding_options_alloc(): number;
  _heif_decode_image(
    error: number,
    handle: number,
    image: number,
    colourSpace: number,
    chroma: number,
    options: number,
  ): void;
  _heif_image_handle_decode_image_tile(
    error: number,
    handle: number,
    image: number,
    colourSpace: number,
    chroma: number,
    options: number,
    column: number,
    row: number,
  ): void;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_get_bits_per_pixel_range(image: number, channel: number): number;
  _heif_image_get_plane_readonly(image: number, channel: number, stride: number): number;
  _heif_image_get_raw_color_profile_size(image: number): number;
  _heif_image_get_raw_color_profile(error: number, image: number, profile: number): void;
  _heif_image_get_nclx_color_profile(error: number, image: number, codes: number): void;
  _heif_image_release(image: number): void;
};

/**
 * Nothing of it is loaded before a HEIC picture is decoded, which FORMATS must allow (docs/formats.md says why). Its
 * memory never shrinks: each picture gets a libheif of its own, which goes with it.
 */
export async function loadLibheif(): Promise<Libheif> {
  const require = createRequire(import.meta.url);
  const wasmBinary = await readFile(require.resolve('libheif-js/libheif-wasm/libheif.wasm'));
  const create: (options: {
    wasmBinary: Uint8Array;
    print: () => void;
    printErr: () => void;
  }) => Libheif = require('libheif-js/libheif-wasm/libheif.js');
  const silent = () => undefined;
  return create({ wasmBinary, print: silent, printErr: silent });
}
