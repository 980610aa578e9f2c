/** Sends the files, so many at once, and puts down what comes of each. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { FoundFile } from './found-files.ts';
import type { Journal, SentFile } from './journal.ts';
import { sha256Of, stampOf, whyNoPicture } from './picture-file.ts';
import { concernsAll, failureOf, ImportStopped, Refused } from './refusals.ts';
import type { SendPicture } from './send-picture.ts';
import type { Tally } from './tally.ts';
import type { Wording, Words } from './wording.ts';

export type ImportingOptions = {
  folder: string;
  files: readonly FoundFile[];
  wording: Wording;
  send: SendPicture;
  journal: Pick<Journal, 'sent' | 'add'>;
  tally: Pick<Tally, 'await' | 'settle' | 'fail' | 'skip'>;
  /** How many are sent at once. */
  concurrency: number;
  signal: AbortSignal;
};

/** Resolves when each file was dealt with. Throws `ImportStopped` when none could be any more, and the signal's reason. */
export async function importPictures(options: ImportingOptions): Promise<void> {
  const { files, concurrency, signal } = options;
  const names: Names = { taken: new Map(), deciding: new Map() };
  const left = files.values();
  let stopped: ImportStopped | null = null;
  const work = async (): Promise<void> => {
    for (const file of left) {
      if (stopped !== null || signal.aborted) return;
      try {
        await importOne(file, names, options);
      } catch (err) {
        if (signal.aborted) return;
        stopped = stopOf(err) ?? stopped;
        const failure = failureOf(err);
        if (failure === null && stopped === null) throw err;
        if (failure !== null && stopped === null) {
          options.tally.fail(file.path, failure, options.wording.nameOf(file.path));
        }
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (stopped !== null) throw stopped;
  signal.throwIfAborted();
}

function stopOf(err: unknown): ImportStopped | null {
  if (err instanceof ImportStopped) return err;
  return err instanceof Refused && concernsAll(err) ? new ImportStopped(err.code, err.message, err) : null;
}

/** Names that files of this import have, and who is about to have one: the first picture of a name in their order does. */
type Names = { taken: Map<string, string>; deciding: Map<string, Promise<unknown>> };

async function importOne(file: FoundFile, names: Names, options: ImportingOptions): Promise<void> {
  const name = options.wording.nameOf(file.path);
  const decided = Promise.resolve(names.deciding.get(name)).then(() => isToBeSent(file, name, names.taken, options));
  names.deciding.set(
    name,
    decided.catch(() => undefined),
  );
  const stamp = await decided;
  if (stamp !== null) await sendOne(file.path, stamp, options);
}

/** What tells the file's state from another one; null for what is no picture, or has the name of another. */
async function isToBeSent(
  { path, isListed }: FoundFile,
  name: string,
  taken: Map<string, string>,
  { folder, wording, tally }: ImportingOptions,
): Promise<string | null> {
  const place = resolve(folder, path);
  const stamp = await stampOf(place);
  const noPicture = await whyNoPicture(place);
  if (noPicture !== null) {
    const isExpected = isListed || wording.isNamed(path);
    if (isExpected) tally.fail(path, noPicture, name);
    else tally.skip(path, noPicture);
    return null;
  }
  const other = taken.get(name);
  if (other === undefined) {
    taken.set(name, path);
    return stamp;
  }
  const detail = `${other} has the same name: --name-by path tells them apart.`;
  tally.fail(path, { code: 'conflict', detail }, name);
  return null;
}

async function sendOne(path: string, stamp: string, options: ImportingOptions): Promise<void> {
  const { folder, wording, send, journal, tally, signal } = options;
  const words = wording.wordsOf(path);
  const { name } = words;
  const place = resolve(folder, path);
  const mark = markOf(stamp, words);
  const before = journal.sent.get(path);
  if (before?.mark === mark && before.name === name) return tally.await(before, true);

  const sha256 = await sha256Of(place, signal);
  const { item, wasThere, wasTaken } = await send(place, words, sha256);
  const sent: SentFile = { path, name, mark, sha256, id: item.id };
  // What another request is about to make may turn out to be nothing: it is asked for again next time.
  if (!(wasTaken && item.status === 'pending')) journal.add(sent);
  if (item.status === 'pending') tally.await(sent, wasThere);
  else tally.settle(sent, item, wasThere);
}

function markOf(stamp: string, { caption, tags }: Words): string {
  return createHash('sha256')
    .update(JSON.stringify([stamp, caption, tags]))
    .digest('base64url');
}
