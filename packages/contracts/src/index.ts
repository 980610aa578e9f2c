/** The words everyone agrees on: schemas, queue data, the problem catalogue, media signatures. */
export {
  ApiKey,
  ApiKeyList,
  ApiKeyRequest,
  type ApiScope,
  apiScopes,
  isApiScope,
  maxApiKeys,
  maxTokenSeconds,
  NewApiKey,
  Token,
  TokenRequest,
} from './api-key.ts';
export {
  MatchAnswer,
  MatchFields,
  MatchList,
  MatchQuery,
  maxMatchedColours,
} from './colour-match.ts';
export { Health } from './health.ts';
export {
  type AcceptedFormat,
  acceptedFormats,
  type RefusedFormat,
  requireAcceptedFormat,
  signatureBytes,
  sniffFormat,
} from './media-signature.ts';
export {
  maxPaletteColours,
  maxPalettesPerTenant,
  Palette,
  PaletteBody,
  PaletteEntry,
  PaletteList,
  PaletteName,
  PaletteSummary,
} from './palette.ts';
export {
  isProblemCode,
  Problem,
  type ProblemCode,
  ProblemDocument,
  type ProblemOptions,
  type ProblemPlace,
  problemCatalogue,
} from './problem.ts';
export {
  ColourOptions,
  ColourRegion,
  Colours,
  type JobPriority,
  type JobStep,
  jobPriorities,
  jobSteps,
  maxExpirySeconds,
  maxMetadataBytes,
  type OutputFormat,
  outputFormats,
  parseSourceUrl,
  type RenditionOptions,
  renditionOptionsOf,
  Thumbnail,
  type ThumbnailFit,
  ThumbnailList,
  ThumbnailRequest,
  type ThumbnailStatus,
  thumbnailFits,
  UploadFields,
} from './thumbnail.ts';
export { isThumbnailId, maxShards, newThumbnailId, shardOf, thumbnailIdPattern } from './thumbnail-id.ts';
export {
  type JobSource,
  type StepTimings,
  StoredColours,
  type StoredRendition,
  ThumbnailJobData,
  ThumbnailJobResult,
  thumbnailQueueName,
} from './thumbnail-job.ts';
export {
  AttemptLog,
  type AttemptStep,
  BulkRetry,
  maxRetriedAtOnce,
  Timeline,
  type TimelineAttempt,
} from './timeline.ts';
export { check, type ParseOptions, parse } from './validation.ts';
