/** What comes out of each picture when nothing goes wrong: the measure for what comes out when something does. */
import { createHash } from 'node:crypto';
import type { Thumbnail } from '@tintype/contracts';
import { startTintype } from '@tintype/testkit';
import { createApiClient } from './api-client.ts';
import { freshFile, type Picture } from './pictures.ts';

/**
 * A digest of everything about a thumbnail that must be the same every time: its bytes, its colours, its placeholder.
 */
export type Essence = string;

/** By the picture's name. */
export type Expected = ReadonlyMap<string, Essence>;

const pollMs = 30;

/** The essence of a completed thumbnail. */
export function essenceOf({ renditions = [], colours, placeholder, source }: Thumbnail): Essence {
  const files = renditions.map(({ name, width, height, format, bytes, sha256 }) => [
    ...[name, width, height, format],
    ...[bytes, sha256],
  ]);
  const facts = [files, colours, placeholder, source.width, source.height, source.format];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Has every picture made once, one after the other, by a Tintype that nobody disturbs. */
export async function makeCalmly(pictures: readonly Picture[]): Promise<Expected> {
  const tintype = await startTintype();
  try {
    const client = createApiClient(tintype.url);
    const expected = new Map<string, Essence>();
    for (const picture of pictures) {
      const submission = await client.submit(picture.name, { file: freshFile(picture, 'calm') });
      if (submission.kind !== 'accepted') throw new Error(`the calm run could not hand in ${picture.name}`);
      expected.set(picture.name, essenceOf(await untilCompleted(submission.id)));
    }
    return expected;

    async function untilCompleted(id: string): Promise<Thumbnail> {
      for (;;) {
        const [thumbnail] = (await client.read([id])) ?? [];
        if (thumbnail?.status === 'completed') return thumbnail;
        if (thumbnail?.status === 'failed') throw new Error(`the calm run failed: ${thumbnail.error?.code}`);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    }
  } finally {
    await tintype.stop();
  }
}
