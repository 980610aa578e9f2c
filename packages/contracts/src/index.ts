/** The words everyone agrees on: schemas, queue data, the problem catalogue, media signatures. */
export {
  formatsOf,
  formatsSetting,
  notAccepted,
  notSwitchedOn,
  requireAcceptedFormat,
  type SwitchedFormat,
  switchedFormats,
  switchedWordsOf,
} from './accepted-formats.ts';
export {
  type AnalyticsFormat,
  AnalyticsQuery,
  analyticsFormats,
  CountedQuery,
  FeedbackRow,
  FeedbackRows,
  QueryStats,
  QueryStatsQuery,
  TrainingRow,
  TrainingRows,
} from './analytics.ts';
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
  Batch,
  BatchCounts,
  BatchEnvelope,
  BatchItem,
  BatchRequest,
  type BatchStatus,
  batchPageItems,
  maxBatchItems,
  StoredItemProblem,
} from './batch.ts';
export {
  MatchAnswer,
  MatchFields,
  MatchList,
  MatchQuery,
  maxMatchedColours,
} from './colour-match.ts';
export {
  ColourOptions,
  ColourRegion,
  ColourRequest,
  colourOptionsOf,
  IgnoredColours,
  maxIgnoredColours,
  PaletteSize,
  type PictureColourOptions,
  type RelativeRegion,
} from './colour-options.ts';
export { CounterBody, CounterQuery, DigitCount, mostCounterDigits } from './counter.ts';
export type { CropBox, Point, Position, PositionStrategy } from './cut.ts';
export { decimalOf } from './decimal.ts';
export {
  BatchListQuery,
  Feedback,
  FeedbackAccepted,
  FeedbackBatch,
  FeedbackBatchList,
  FeedbackEntry,
  feedbackLimits,
} from './feedback.ts';
export {
  BatchesAnswer,
  BatchesQuery,
  FeedbackCommand,
  FeedbackKept,
  type FeedbackToKeep,
  feedbackPaths,
  KeptBatch,
  QueryStatsOrder,
  VerdictsPage,
  VerdictsQuery,
} from './feedback-contract.ts';
export { type Fields, isFields } from './fields.ts';
export { Health } from './health.ts';
export { ItemWords, itemLimits, itemRenditionName } from './item-words.ts';
export {
  FoundItem,
  ItemPatch,
  ItemRequest,
  ItemStatus,
  itemListFields,
  LibraryItem,
  LibraryItemList,
  libraryLimits,
  SearchAnswer,
  SimilarQuery,
  SuggestAnswer,
  SuggestQuery,
  searchFields,
  searchLimits,
  searchTolerance,
} from './library.ts';
export { Limits } from './limits.ts';
export {
  type AcceptedFormat,
  acceptedFormats,
  signatureBytes,
  sniffFormat,
} from './media-signature.ts';
export { type MisspeltSetting, misspeltSettings } from './misspelt-settings.ts';
export { nearestWord } from './nearest-word.ts';
export { RunningWorkers, ServiceSettings } from './operator.ts';
export {
  maxPaletteColours,
  maxPaletteFields,
  maxPalettesPerTenant,
  Palette,
  PaletteBody,
  PaletteEntry,
  PaletteList,
  PaletteName,
  PaletteSummary,
} from './palette.ts';
export { namePattern } from './pattern-words.ts';
export {
  LinkKey,
  LinkKeyList,
  LinkOptions,
  LinkQuery,
  LinkRequest,
  maxLinkKeys,
  NewLinkKey,
  SignedLink,
} from './picture-link.ts';
export {
  defaultRenditionName,
  type FrameChoice,
  NamedRendition,
  PictureOrder,
  ReadOptions,
  readOptionsOf,
} from './picture-order.ts';
export { PresetList, PresetOptions, PresetsFile } from './preset.ts';
export {
  isProblemCode,
  Problem,
  type ProblemCode,
  type ProblemOptions,
  problemCatalogue,
} from './problem.ts';
export { ProblemDocument, ProblemPlace } from './problem-document.ts';
export { QueueLanes, QueueState } from './queue-state.ts';
export { type OutputFormat, outputFormats, Rendition } from './rendition.ts';
export { PresetName, type RenditionsRequest, renditionOf, renditionsOf } from './rendition-request.ts';
export {
  FoundCompletions,
  FoundItems,
  ItemAnswer,
  ItemCommand,
  ItemMade,
  ItemsAnswer,
  ItemsQuery,
  type KeptFile,
  KeptItem,
  SearchOrder,
  SearchRefusal,
  SearchTokenSetting,
  searchPaths,
} from './search-contract.ts';
export { boxIn, enlargesUsually, isStrategy, type PixelBox, pointOf, sidesOf } from './shape-words.ts';
export { Stats, StatsQuery, windowSecondsOf } from './stats.ts';
export { readStored, requireStored, UnreadableRecord } from './stored.ts';
export {
  Colours,
  type JobPriority,
  type JobStep,
  jobPriorities,
  jobSteps,
  LookedUpThumbnail,
  maxExpirySeconds,
  maxMetadataBytes,
  parseSourceUrl,
  Thumbnail,
  ThumbnailLookup,
  ThumbnailRequest,
  type ThumbnailStatus,
  UploadFields,
} from './thumbnail.ts';
export {
  batchItemId,
  batchItemRange,
  isThumbnailId,
  maxShards,
  newestIdOf,
  newThumbnailId,
  shardOf,
  thumbnailIdPattern,
  thumbnailIdTimeMs,
} from './thumbnail-id.ts';
export {
  type JobSource,
  keepsSource,
  type OutboxName,
  outboxNames,
  type SourceValidity,
  type StepTimings,
  StoredColours,
  StoredJobData,
  StoredJobResult,
  type StoredRendition,
  type ThumbnailJobData,
  ThumbnailJobResult,
  thumbnailQueueName,
} from './thumbnail-job.ts';
export { listLimits, ThumbnailList, thumbnailListFields } from './thumbnail-list.ts';
export {
  AttemptLog,
  type AttemptStep,
  BulkRetry,
  maxRetriedAtOnce,
  Timeline,
  type TimelineAttempt,
} from './timeline.ts';
export { traceparentOf } from './trace.ts';
export { unknownField } from './unknown-fields.ts';
export { usualRendition } from './usual-rendition.ts';
export { maxWatermarkBytes, maxWatermarkPixels, usualWatermark } from './usual-watermark.ts';
export { fits, type ParseOptions, parse, sentenceOf } from './validation.ts';
export {
  maxWatermarks,
  noWatermarkWords,
  type Watermark,
  WatermarkName,
  type WatermarkNames,
} from './watermark.ts';
