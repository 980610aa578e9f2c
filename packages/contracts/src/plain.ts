/**
 * What there is of these words without schemas, for processes that live for one picture: loading the library that compiles
 * schemas takes twice as long as loading all the rest. `@tintype/contracts` is this under the condition `plain`.
 */
export { acceptedFormats, requireAcceptedFormat, signatureBytes, sniffFormat } from './media-signature.ts';
export { isProblemCode, Problem, problemCatalogue } from './problem.ts';
export { usualRendition } from './usual-rendition.ts';
