/**
 * A process: the yardstick. Fetches, decodes, crops to 100 × 100 and encodes as JPEG, and nothing else: no queue, no
 * colours, no guards, no limits, nothing kept. Each message `{urls}` is one run.
 */
import { parse } from '@tintype/contracts';
import sharp from 'sharp';
import Type from 'typebox';
import { Agent, request } from 'undici';
import type { RunReport } from './run-side.ts';

/** Above libuv's four threads, so that they never wait for a download. */
const concurrency = 12;
const Run = Type.Object({ urls: Type.Array(Type.String()) });

sharp.concurrency(1);
sharp.cache(false);
const dispatcher = new Agent({ connections: concurrency });

async function makeThumbnail(url: string): Promise<void> {
  const { body } = await request(url, { dispatcher });
  const source = Buffer.from(await body.arrayBuffer());
  const { info } = await sharp(source)
    .resize({ width: 100, height: 100, fit: 'cover' })
    .jpeg({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  if (info.width !== 100 || info.height !== 100) throw new Error(`${url} became ${info.width} × ${info.height}`);
}

async function run(urls: string[]): Promise<RunReport> {
  const left = urls.values();
  const timesMs: number[] = [];
  let failed = 0;
  const startMs = performance.now();
  const work = async () => {
    for (const url of left) {
      const pictureStartMs = performance.now();
      await makeThumbnail(url).catch(() => failed++);
      timesMs.push(performance.now() - pictureStartMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { elapsedMs: performance.now() - startMs, timesMs, failed };
}

process.on('message', async (message) => process.send?.(await run(parse(Run, message).urls)));
process.once('disconnect', () => process.exit());
