/** The suite `keep`: what a thousand pictures leave behind in Redis and on the disk. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPainter } from '../pictures.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { QueueSuiteResult } from '../queue/result.ts';
import { suites } from '../suites.ts';
import { createTally } from '../tally.ts';
import { type Rig, startRig } from './rig.ts';
import type { GrowthContext } from './suite-names.ts';

const full = 1000;
const quick = 20;
const clients = 16;
const megabyte = 1e6;
/** How the file system counts. */
const blockBytes = 512;

type Kept = { redis: number; appendOnly: number; files: number; fileBytes: number; folders: number };

/** As uploads, on an empty service; read when the uploads themselves have been erased. */
export async function measureKeep(context: GrowthContext): Promise<QueueSuiteResult> {
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  const failures = createTally();
  const pictures = context.quick ? quick : full;
  try {
    context.progress.line('keep: drawing the pictures');
    const paint = createPainter();
    const files: Buffer[][] = [];
    for (const spec of suites.small.pictures(pictures)) files.push([(await paint(spec)).bytes]);
    const rig = await startRig({ originHost: 'localhost:1', failures, onStarted: cleanUp.add });
    const before = await keptBy(rig);
    await rig.measure(files, clients, { make: rig.client.upload });
    context.progress.line('keep: waiting until the uploads are erased');
    let after = await keptBy(rig);
    // Equal thumbnails are one file; none of these are.
    while (Object.keys(failures.counts()).length === 0 && after.files > pictures) {
      await sleep(1000);
      after = await keptBy(rig);
    }
    const perThousand = (bytes: number) => (bytes / megabyte) * (1000 / pictures);
    const row = (label: string, bytes: number) => ({ label, digits: 1, values: [perThousand(bytes)] });
    return {
      suite: 'keep',
      title: `1000 uploads of different JPEGs of 640 × 480, thumbnails of 100 × 100 and all colours: what is kept of them`,
      columns: ['MB'],
      rows: [
        row('memory of Redis', after.redis - before.redis),
        row('append-only file of Redis', after.appendOnly - before.appendOnly),
        row('disk, as whole blocks', after.fileBytes - before.fileBytes),
        { label: 'folders on the disk, made once', digits: 1, values: [after.folders / megabyte] },
        row(
          'uploads, while they wait',
          files.flat().reduce((sum, { length }) => sum + length, 0),
        ),
      ],
      failures: failures.counts(),
      warnings: rig.service.warnings(),
      redisVersion: rig.service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

async function keptBy({ service: { dataDir }, readRedis }: Rig): Promise<Kept> {
  const [redis, appendOnly, blobs] = await Promise.all([
    readRedis(),
    sizeOf(join(dataDir, 'redis/appendonlydir')),
    sizeOf(join(dataDir, 'blobs')),
  ]);
  return {
    redis: redis.usedBytes,
    appendOnly: appendOnly.fileBytes,
    files: blobs.files,
    fileBytes: blobs.fileBytes,
    folders: blobs.folderBytes,
  };
}

/** What goes away meanwhile is passed over. */
async function sizeOf(folder: string): Promise<{ files: number; fileBytes: number; folderBytes: number }> {
  const size = { files: 0, fileBytes: 0, folderBytes: 0 };
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => null);
    if (found === null) continue;
    if (entry.isDirectory()) size.folderBytes += found.blocks * blockBytes;
    else size.fileBytes += found.blocks * blockBytes;
    if (entry.isFile()) size.files += 1;
  }
  return size;
}
