/** For tests and generated documents: the worker as a part. */
export { type WorkerSettings, workerSettings } from './config.ts';
export { reconcileNow } from './reconcile.ts';
export { printUnreadable } from './unreadable.ts';
export { startWorker } from './worker.ts';
