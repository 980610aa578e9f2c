/** The only importer of sharp: reads headers, decodes safely, renders. */
export { type DecodedPixels, type DecodeOptions, decodePicture, HoldsLoop, resizePixels } from './decode.ts';
export { saysOutOfMemory, tookTooMuchMemory } from './decode-problem.ts';
export { estimateDecodeMs, estimateRenderMs } from './duration.ts';
export { type PictureFacts, type PictureHeader, readHeader, readJpegHeaderByLibvips } from './header.ts';
export { estimateRenderBytes, mostEncodedBytes } from './memory.ts';
export { previewOfRaw } from './raw/preview.ts';
export { defaultQuality } from './render/encode.ts';
export { type EncodedPicture, renderThumbnail } from './render/render.ts';
export { decodeScale, maxOutputSidePixels, outputSize } from './render/shape.ts';
export { decodeWatermark, type Watermarks } from './render/watermark.ts';
