/** What each process needs and nothing else. */
export { reportReady, type StopStep, stopGracefully } from './graceful-stop.ts';
export { type HealthServer, startHealthServer } from './health-server.ts';
export { createLogger, type Logger, oncePerSecond } from './logger.ts';
export { Counter, createMetrics, Gauge, Histogram, Registry } from './metrics.ts';
export { commitOfClone, type Release, readRelease } from './release.ts';
export {
  describeSettings,
  exitIfInvalid,
  InvalidSettings,
  longestTimerMs,
  maskSettings,
  processSettings,
  readSettings,
  redisUrlExpected,
  redisUrlPattern,
  type SettingReference,
  type SettingsSchema,
  settingsOrExit,
  usable,
} from './settings.ts';
export { keepHeapSmall } from './small-heap.ts';
export { type Client, ClientGone, createTurns, type LongWork, type Turns } from './turns.ts';
