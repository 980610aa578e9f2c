/** For tests and development commands: a misbehaving origin, pictures made in code, own Redis and services. */

export { type Canary, startCanary } from './canary.ts';
export { childrenOf, firstChildOf, untilGone } from './child-processes.ts';
export { InvalidOptions, optionsOrExit, parseCount, parseOptions } from './command-line.ts';
export { countCoreWaits } from './core-waits.ts';
export { documentedKeys } from './documented-keys.ts';
export { endWithTests, spawnWithTests, stoppedWithTests } from './end-with-tests.ts';
export { avifOfManyFrames, pngOfEmptyBlocks, webpOfManyCodes } from './heavy-pictures.ts';
export { heicPicture } from './heic-picture.ts';
export { isLongForm, someOf } from './long-form.ts';
export { type LoopFigures, type LoopTurns, loopFiguresOf, mostLoopMs } from './loop-meter/loop-figures.ts';
export { type IdleLoop, type LoopTurn, loopMeterFlag, readLoopTurns, startIdleLoop } from './loop-meter/loop-meter.ts';
export { type Origin, type OriginHeaders, type ServeOptions, startOrigin } from './origin.ts';
export { flatPng, landscape, photograph, type RawPicture, seededRandom, transparentPng } from './pictures.ts';
export { pngChunkOf } from './png-chunk.ts';
export {
  type MemoryUse,
  parseResidentBytes,
  readMemoryUse,
  readPeakResidentBytes,
  readResidentBytes,
  readTree,
  readTreeCpuMs,
  resetPeakResidentBytes,
} from './process-tree.ts';
export { createProgress, type Progress } from './progress.ts';
export { type Relay, startRelay } from './relay.ts';
export { slowJpeg } from './slow-jpeg.ts';
export {
  freePort,
  makeLoopFolder,
  makeTestFolder,
  type RedisUnderTest,
  type ServiceOptions,
  type ServiceUnderTest,
  startService,
  startTestLibrary,
  startTestPostgres,
  startTestRedis,
  startTintype,
  type TestLibrary,
  type Tintype,
  type TintypeOptions,
} from './tintype.ts';
export { markedPieces, withMark } from './unique-bytes.ts';
