/**
 * A process: a worker whose jobs do nothing and always have the same result, to see what the API and the queue cost by
 * themselves. Argument: the URL of Redis.
 */
import { randomBytes } from 'node:crypto';
import type { ThumbnailJobResult } from '@tintype/contracts';
import { createJobTotalsWriter, createThumbnailWorker } from '@tintype/jobs';
import { connectWorker, disconnect, openShard } from '@tintype/redis';

/** As many active jobs as the real worker has unless told otherwise. */
const concurrency = 40;

const grey = { hex: '#808080', name: 'grey' };
const sha256 = '0'.repeat(64);
const result: ThumbnailJobResult = {
  source: { sha256, bytes: 400_000, width: 1632, height: 1224, format: 'jpeg', hasAlpha: false },
  renditions: [{ name: 'default', width: 100, height: 100, format: 'jpeg', bytes: 2000, sha256 }],
  colours: {
    ...{ dominant: { ...grey, share: 1 }, background: null, average: grey, accent: null },
    ...{ palette: [{ ...grey, share: 1 }], text: '#000000', contrast: 5.3, scheme: 'light', transparentShare: 0 },
  },
  thumbhash: 'IQgSBQB4d4d4d4d4d4d4d4d4d4',
  cache: 'miss',
  timingsMs: { fetch: 0, resize: 0, store: 0 },
};

const redis = connectWorker(process.argv[2] ?? '');
const shard = openShard(redis);
const totals = createJobTotalsWriter(shard);
const worker = createThumbnailWorker({
  shard,
  version: 'bench',
  name: `worker-${randomBytes(4).toString('hex')}`,
  concurrency,
  process: async () => result,
  events: {
    completed: (_, { timingsMs, cache }) => totals.completed(timingsMs, cache),
    failed: (_, problem) => totals.failed(problem.code),
    claimed() {},
    recovered() {},
    error: (err) => console.error(err),
  },
});
worker.start();
process.once('SIGTERM', async () => {
  await worker.close(1000);
  await totals.stop();
  await disconnect(redis);
  process.exit();
});
process.once('disconnect', () => process.exit());
process.send?.({ ready: true });
