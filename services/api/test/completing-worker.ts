/** A worker that ends every job at once, with the same small picture as its thumbnail. */
import { createHash } from 'node:crypto';
import type { ThumbnailJobResult } from '@tintype/contracts';
import { createThumbnailWorker } from '@tintype/jobs';
import { connectWorker, disconnect, openShard } from '@tintype/redis';
import { openBlobStore } from '@tintype/storage';
import { flatPng } from '@tintype/testkit';
import type { ApiUnderTest } from './api-under-test.ts';

export type CompletingWorker = {
  /** The bytes of every thumbnail. */
  picture: Buffer;
  /** The placeholder of every thumbnail. */
  thumbhash: string;
  /** Stopping again changes nothing. */
  stop(): Promise<void>;
};

const thumbhash = '3OcRJYB4d3h/iIeHeEh3eIhw+j2w';

export async function startCompletingWorker(api: ApiUnderTest): Promise<CompletingWorker> {
  const picture = await flatPng('#aa3300');
  const sha256 = createHash('sha256').update(picture).digest('hex');
  const blobs = openBlobStore(`disk:${api.folder}`);
  const colour = { hex: '#aa3300', share: 1, name: 'orangered' };
  const result: ThumbnailJobResult = {
    source: { sha256, bytes: picture.length, width: 8, height: 8, format: 'png', hasAlpha: false },
    renditions: [{ name: 'default', width: 8, height: 8, format: 'png', bytes: picture.length, sha256 }],
    colours: {
      dominant: colour,
      background: null,
      average: null,
      accent: null,
      palette: [colour],
      text: '#ffffff',
      contrast: 6,
      scheme: 'dark',
      transparentShare: 0,
    },
    thumbhash,
    cache: 'miss',
    timingsMs: {},
  };
  const redis = connectWorker(api.redis.url);
  const ignore = () => undefined;
  const worker = createThumbnailWorker({
    shard: openShard(redis),
    name: 'completing',
    version: '0.0.0',
    concurrency: 4,
    process: async () => {
      await blobs.put(sha256, picture);
      return result;
    },
    events: { completed: ignore, failed: ignore, claimed: ignore, recovered: ignore, error: ignore },
  });
  worker.start();
  const end = async () => {
    await worker.close();
    await disconnect(redis);
  };
  let ended: Promise<void> | null = null;
  return {
    picture,
    thumbhash,
    stop() {
      ended ??= end();
      return ended;
    },
  };
}
