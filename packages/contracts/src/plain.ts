/** What `@tintype/contracts` is under the condition `plain`: its words without schemas. */
// For processes that live for one picture: loading the library that compiles schemas takes longer than all the rest.
export { notAccepted, notSwitchedOn, requireAcceptedFormat } from './accepted-formats.ts';
export { acceptedFormats, signatureBytes, sniffFormat } from './media-signature.ts';
export { isProblemCode, Problem, problemCatalogue } from './problem.ts';
export { boxIn, enlargesUsually, isStrategy, pointOf, sidesOf } from './shape-words.ts';
export { usualRendition } from './usual-rendition.ts';
export { maxWatermarkPixels, usualWatermark } from './usual-watermark.ts';
