/** What BullMQ can do and a thumbnail job does not need: each says so by its name. */
import { EventEmitter } from 'node:events';

/** A queue of thumbnails does not do this. */
export class UnsupportedOperation extends Error {
  override readonly name = 'UnsupportedOperation';

  constructor(operation: string) {
    super(`the queue of thumbnails does not support ${operation}`);
  }
}

function refuse(operation: string): Promise<never> {
  return Promise.reject(new UnsupportedOperation(operation));
}

/** Flows, schedulers, rate limits, deduplication, logs, metrics and bulk maintenance of `IQueueBackend`. */
export class UnsupportedOperations extends EventEmitter {
  addFlow = () => refuse('addFlow');
  addJobScheduler = () => refuse('addJobScheduler');
  updateJobSchedulerNextMillis = () => refuse('updateJobSchedulerNextMillis');
  removeJobScheduler = () => refuse('removeJobScheduler');
  getJobScheduler = () => refuse('getJobScheduler');
  isJobScheduler = () => refuse('isJobScheduler');
  getJobSchedulerData = () => refuse('getJobSchedulerData');
  getJobSchedulersRange = () => refuse('getJobSchedulersRange');
  getJobSchedulersCount = () => refuse('getJobSchedulersCount');
  moveToWaitingChildren = () => refuse('moveToWaitingChildren');
  removeUnprocessedChildren = () => refuse('removeUnprocessedChildren');
  removeChildDependency = () => refuse('removeChildDependency');
  getDependencyCounts = () => refuse('getDependencyCounts');
  getDependencies = () => refuse('getDependencies');
  getProcessedChildrenValues = () => refuse('getProcessedChildrenValues');
  getIgnoredChildrenFailures = () => refuse('getIgnoredChildrenFailures');
  retryFinishedJob = () => refuse('retryFinishedJob');
  retryFinishedJobs = () => refuse('retryFinishedJobs');
  promote = () => refuse('promote');
  promoteJobs = () => refuse('promoteJobs');
  moveStalledJobsToWait = () => refuse('moveStalledJobsToWait');
  pause = () => refuse('pause');
  drain = () => refuse('drain');
  cleanJobsByState = () => refuse('cleanJobsByState');
  obliterate = () => refuse('obliterate');
  removeOrphanedJobs = () => refuse('removeOrphanedJobs');
  updateData = () => refuse('updateData');
  addLog = () => refuse('addLog');
  clearLogs = () => refuse('clearLogs');
  getJobLogs = () => refuse('getJobLogs');
  changeDelay = () => refuse('changeDelay');
  changePriority = () => refuse('changePriority');
  remove = () => refuse('remove');
  removeDeduplicationKey = () => refuse('removeDeduplicationKey');
  deleteDeduplicationKey = () => refuse('deleteDeduplicationKey');
  getDeduplicationJobId = () => refuse('getDeduplicationJobId');
  getState = () => refuse('getState');
  isFinished = () => refuse('isFinished');
  isMaxed = () => refuse('isMaxed');
  isJobInState = () => refuse('isJobInState');
  getJobData = () => refuse('getJobData');
  getRateLimitTtl = () => refuse('getRateLimitTtl');
  setRateLimit = () => refuse('setRateLimit');
  removeRateLimitKey = () => refuse('removeRateLimitKey');
  getCounts = () => refuse('getCounts');
  getCountsPerPriority = () => refuse('getCountsPerPriority');
  getRanges = () => refuse('getRanges');
  getMetrics = () => refuse('getMetrics');
  getClientList = () => refuse('getClientList');
  paginate = () => refuse('paginate');
  setQueueMeta = () => refuse('setQueueMeta');
  getQueueMetaField = () => refuse('getQueueMetaField');
  getQueueMetaFields = () => refuse('getQueueMetaFields');
  getQueueMeta = () => refuse('getQueueMeta');
  removeQueueMetaFields = () => refuse('removeQueueMetaFields');
  hasQueueMetaField = () => refuse('hasQueueMetaField');
  removeDeprecatedPriorityKey = () => refuse('removeDeprecatedPriorityKey');
  trimEvents = () => refuse('trimEvents');
  publishEvent = () => refuse('publishEvent');
  readEvents = () => refuse('readEvents');
  parseNodeKey = (): never => {
    throw new UnsupportedOperation('parseNodeKey');
  };
  forQueue = (): never => {
    throw new UnsupportedOperation('forQueue');
  };
}
