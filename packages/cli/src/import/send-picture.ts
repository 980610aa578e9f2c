/** Makes an item of one picture, and never a second one of the same. */
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import type { LibraryItem } from '@tintype/contracts';
import type { LibraryClient } from './library-client.ts';
import { Refused, UnreadableFile } from './refusals.ts';
import type { Retrying } from './retrying.ts';
import type { Words } from './wording.ts';

export type SendingOptions = {
  client: Pick<LibraryClient, 'add' | 'named' | 'remove'>;
  retrying: Retrying;
  /** Makes a second try of the same picture another request. */
  begunAt: string;
};

export type SentPicture = {
  item: LibraryItem;
  /** Another request has made it: it may be of another picture. */
  wasTaken: boolean;
};

export type SendPicture = (path: string, words: Words, sha256: string) => Promise<SentPicture>;

/**
 * The same picture under the same words is the same request, which the API answers as before. Where that cannot be, because
 * its item was deleted since or has failed for a passing reason, it is sent once more as another one. Throws `Refused`,
 * `Unreachable`, `UnreadableFile` and `ImportStopped`.
 */
export function createSending({ client, retrying, begunAt }: SendingOptions): SendPicture {
  return async (path, words, sha256) => {
    const picture = await openAsBlob(path).catch((cause) => {
      throw new UnreadableFile('It cannot be read.', { cause });
    });
    const add = (salt: string) => retrying(() => client.add(picture, words, keyOf(words, sha256, salt)));
    const again = () => add(begunAt);
    const replace = async ({ id }: LibraryItem) => {
      await retrying(() => client.remove(id));
      return again();
    };
    const whatIsThere = async (): Promise<SentPicture> => {
      const found = await retrying(() => client.named(words.name));
      if (found === null) return { item: await again(), wasTaken: false };
      if (found.status === 'failed') return { item: await replace(found), wasTaken: false };
      return { item: found, wasTaken: true };
    };
    try {
      const item = await add('');
      const mayHelp = item.status === 'failed' && item.error?.retryable === true;
      return { item: mayHelp ? await replace(item) : item, wasTaken: false };
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      if (err.code === 'conflict') return whatIsThere();
      const wasDeleted = err.status === 404 || err.status === 410;
      if (wasDeleted) return { item: await again(), wasTaken: false };
      throw err;
    }
  };
}

function keyOf({ name, caption, tags }: Words, sha256: string, salt: string): string {
  const text = JSON.stringify([name, caption, tags, sha256, salt]);
  return `import-${createHash('sha256').update(text).digest('hex')}`;
}
