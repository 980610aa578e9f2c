/** The only importer of sharp: reads headers, decodes safely, renders. */
export { type DecodedPixels, type DecodeOptions, decodePicture } from './decode.ts';
export { saysOutOfMemory, tookTooMuchMemory } from './decode-problem.ts';
export { type PictureFacts, type PictureHeader, readHeader, readJpegHeaderByLibvips } from './header.ts';
export { HoldsLoop } from './holds-loop.ts';
export { estimateRenderBytes } from './memory.ts';
export { defaultQuality, type EncodedPicture, maxOutputSidePixels, outputSize, renderThumbnail } from './render.ts';
export { resizePixels } from './resize-pixels.ts';
