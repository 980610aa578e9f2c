/** What has been sent, on disk as it happens: from it the same command goes on, however it was ended. */
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { isFields } from '@tintype/contracts';
import { WrongUsage } from '../wrong-usage.ts';

/** A file that has become an item, perhaps one whose picture is not made yet. */
export type SentFile = {
  path: string;
  name: string;
  /** Its bytes then, and what was said of it: another file, or other words, are sent anew. */
  mark: string;
  sha256: string;
  id: string;
};

export type Journal = {
  /** By the file's path. */
  sent: ReadonlyMap<string, SentFile>;
  /** When this import was first begun; a word that makes a second try of the same picture another request. */
  begunAt: string;
  add(file: SentFile): void;
  /** Its item is not there, or is no good: the file is sent again next time. */
  forget(path: string): void;
  /** Resolves when everything is on the disk; of nothing there is no file. */
  close(): Promise<void>;
  /** Nothing is left to do. */
  remove(): Promise<void>;
};

export type JournalOwner = { api: string; folder: string };

const syncEveryMs = 1000;

/**
 * Throws `WrongUsage` where the file is that of another import, or no journal. `onError` is told when it cannot be written
 * any more, as on a full disk.
 */
export async function openJournal(
  path: string,
  owner: JournalOwner,
  onError: (err: unknown) => void,
): Promise<Journal> {
  const text = await readFile(path, 'utf8').catch((err) => {
    if (isFields(err) && err.code === 'ENOENT') return '';
    throw new WrongUsage(`The journal ${path} cannot be read.`);
  });
  const before = text.split('\n').flatMap(parsedLine);
  const isNew = before.length === 0;
  const begunAt = isNew ? new Date().toISOString() : begunAtOf(before[0], path, owner);
  const file = await open(path, 'a', 0o600).catch(() => {
    throw new WrongUsage(`The journal ${path} cannot be written: choose another place by --report.`);
  });
  const lines = writeInTurn(file, onError);
  // A line that was broken off stays one of its own.
  if (!isNew && !text.endsWith('\n')) lines.write(null);
  let isEmpty = isNew;
  const close = async (): Promise<void> => {
    await lines.close();
    if (isEmpty) await rm(path, { force: true });
  };
  return {
    sent: sentIn(before),
    begunAt,
    add(sent) {
      if (isEmpty) lines.write({ tintype_import: 1, ...owner, begun_at: begunAt });
      isEmpty = false;
      lines.write(sent);
    },
    forget(forgotten) {
      if (!isEmpty) lines.write({ forget: forgotten });
    },
    close,
    async remove() {
      await close();
      await rm(path, { force: true });
    },
  };
}

function parsedLine(line: string): unknown[] {
  try {
    return line === '' ? [] : [JSON.parse(line)];
  } catch {
    return []; // the process was killed while it wrote
  }
}

function begunAtOf(first: unknown, path: string, { api, folder }: JournalOwner): string {
  if (!isFields(first) || first.tintype_import !== 1 || typeof first.begun_at !== 'string') {
    throw new WrongUsage(`${path} is no journal of an import: choose another place by --report.`);
  }
  if (first.api === api && first.folder === folder) return first.begun_at;
  throw new WrongUsage(
    `${path} is the journal of an import of ${first.folder} into ${first.api}: choose another place by --report, or remove it.`,
  );
}

function sentIn(lines: readonly unknown[]): Map<string, SentFile> {
  const sent = new Map<string, SentFile>();
  for (const line of lines) {
    if (!isFields(line)) continue;
    const { path, name, mark, sha256, id, forget } = line;
    if (typeof forget === 'string') sent.delete(forget);
    if (typeof path !== 'string' || typeof name !== 'string' || typeof mark !== 'string') continue;
    if (typeof sha256 === 'string' && typeof id === 'string') sent.set(path, { path, name, mark, sha256, id });
  }
  return sent;
}

/** Lines go out one after the other, and now and then down to the disk itself. */
function writeInTurn(file: FileHandle, onError: (err: unknown) => void) {
  let turn: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let isDirty = false;
  let waiting = '';
  const flush = async (): Promise<void> => {
    const text = waiting;
    waiting = '';
    if (text === '') return;
    await file.appendFile(text);
    isDirty = true;
  };
  const sync = async (): Promise<void> => {
    if (!isDirty) return;
    isDirty = false;
    await file.datasync();
  };
  const timer = setInterval(() => {
    turn = turn.then(sync).catch(onError);
  }, syncEveryMs).unref();
  const write = (line: object | null): void => {
    waiting += line === null ? '\n' : `${JSON.stringify(line)}\n`;
    turn = turn.then(flush).catch(onError);
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    clearInterval(timer);
    await turn.then(flush).then(sync).catch(onError);
    await file.close();
  };
  return { write, close };
}
