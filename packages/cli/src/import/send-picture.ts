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
  /** Whether it was there before. */
  wasThere: boolean;
  /** Whether its name was taken: it may be of another picture. */
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
    const add = async (salt: string): Promise<SentPicture> => {
      let attempts = 0;
      const key = keyOf(words, sha256, salt);
      const { item, isRepeated } = await retrying(() => {
        attempts += 1;
        return client.add(picture, words, key);
      });
      // An answer may have been lost, and then it is our own request that was repeated.
      return { item, wasThere: isRepeated && attempts === 1, wasTaken: false };
    };
    const again = () => add(begunAt);
    const replace = async ({ id }: LibraryItem) => {
      await retrying(() => client.remove(id));
      return again();
    };
    const whatIsThere = async (): Promise<SentPicture> => {
      const found = await retrying(() => client.named(words.name));
      if (found === null) return again();
      return found.status === 'failed' ? replace(found) : { item: found, wasThere: true, wasTaken: true };
    };
    try {
      const sent = await add('');
      const mayHelp = sent.item.status === 'failed' && sent.item.error?.retryable === true;
      return mayHelp ? await replace(sent.item) : sent;
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      if (err.code === 'conflict') return whatIsThere();
      const wasDeleted = err.status === 404 || err.status === 410;
      if (wasDeleted) return again();
      throw err;
    }
  };
}

function keyOf({ name, caption, tags }: Words, sha256: string, salt: string): string {
  const text = JSON.stringify([name, caption, tags, sha256, salt]);
  return `import-${createHash('sha256').update(text).digest('hex')}`;
}
