/** `tintype import`: from the files on the disk to the report. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { noCaptions, readCaptions } from './captions.ts';
import { type FoundFiles, filesBelow, filesListed } from './found-files.ts';
import { importPictures } from './import-pictures.ts';
import { type Journal, openJournal } from './journal.ts';
import { createLibraryClient, type LibraryClient } from './library-client.ts';
import { type ProgressOutput, startProgress } from './progress.ts';
import { concernsAll, ImportStopped, Refused, Unreachable } from './refusals.ts';
import { reportOf, summaryOf, writeReport } from './report.ts';
import { createRetrying } from './retrying.ts';
import { createSending } from './send-picture.ts';
import { settleItems } from './settle-items.ts';
import { createTally, type Tally } from './tally.ts';
import { createWording, type NameBy, type Wording } from './wording.ts';

export type ImportOptions = {
  folder: string;
  list?: string;
  captions?: string;
  tags: readonly string[];
  /** Where the API is. */
  api: string;
  key?: string;
  concurrency: number;
  nameBy: NameBy;
  dryRun: boolean;
  report: string;
  wait: boolean;
};

/** What the command is run by. */
export type Surroundings = {
  /** Where relative paths begin. */
  base: string;
  stdout: ProgressOutput;
  stderr: ProgressOutput;
  /** Aborted by Ctrl-C; the reason is the exit code. */
  interrupted: AbortSignal;
};

type Prepared = { found: FoundFiles; wording: Wording; unusedCaptions: () => string[] };
type Paths = { folder: string; report: string; journal: string };

/** Resolves with the exit code: 0 all done, 1 some failed or the import was stopped. Throws `WrongUsage`. */
export async function importCommand(options: ImportOptions, around: Surroundings): Promise<number> {
  const report = resolve(around.base, options.report);
  const journal = `${report}.journal`;
  const folder = await realpath(resolve(around.base, options.folder)).catch(() => resolve(around.base, options.folder));
  const paths = { folder, report, journal };
  const prepared = await prepare(options, around.base, paths);
  if (options.dryRun) return showOnly(prepared, around);
  return run(options, around, prepared, paths);
}

async function prepare(options: ImportOptions, base: string, { folder, report, journal }: Paths): Promise<Prepared> {
  const captionsPath = options.captions === undefined ? null : resolve(base, options.captions);
  const captions = captionsPath === null ? noCaptions : await readCaptions(captionsPath);
  const own = new Set([report, journal, ...(captionsPath === null ? [] : [captionsPath])]);
  const { list } = options;
  const found = await (list === undefined ? filesBelow(folder, own) : filesListed(list, base));
  const { tags, nameBy } = options;
  // Of a list's files alone nobody says that the others are missing.
  const unusedCaptions = list === undefined ? captions.unused : () => [];
  return { found, wording: createWording({ captions, tags, nameBy }), unusedCaptions };
}

/** One line a file: its path, its name in the library, what is said of it. */
function showOnly({ found, wording, unusedCaptions }: Prepared, { stdout, stderr }: Surroundings): number {
  for (const { path } of found.files) {
    const { name, caption, tags } = wording.wordsOf(path);
    stdout.write(
      `${[path, name, caption, tags.join(',')].map((text) => text.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`,
    );
  }
  for (const file of unusedCaptions()) stderr.write(`A caption is of a file that is not there: ${file}\n`);
  stderr.write(`${found.files.length} files. Nothing was sent.\n`);
  return 0;
}

async function run(options: ImportOptions, around: Surroundings, prepared: Prepared, paths: Paths): Promise<number> {
  const { api } = options;
  const startedAt = new Date().toISOString();
  const unwritable = new AbortController();
  const signal = AbortSignal.any([around.interrupted, unwritable.signal]);
  const journal = await openJournal(paths.journal, { api, folder: paths.folder }, (err) => unwritable.abort(err));
  const { found, wording, unusedCaptions } = prepared;
  const tally = createTally(found.files.length + found.outside.length, journal.forget);
  for (const path of found.outside) {
    tally.skip(path, { code: 'link_outside', detail: 'It is a link that leads out of the folder.' });
  }
  const progress = startProgress(around.stderr, tally.counts);
  const stopped = await work(options, { signal, journal, tally, progress, wording, found, folder: paths.folder }).then(
    () => null,
    (err) => stopOf(err, signal),
  );
  progress.stop();
  const facts = { api, folder: paths.folder, started_at: startedAt, stopped };
  const report = reportOf(tally, { ...facts, captions_without_file: stopped === null ? unusedCaptions() : [] });
  const { failed, pending } = report.counts;
  const isAllDone = stopped === null && failed === 0;
  await (isAllDone && pending === 0 ? journal.remove() : journal.close());
  await writeReport(paths.report, report);
  around.stdout.write(summaryOf(report, paths));
  return isAllDone ? 0 : 1;
}

type Work = {
  signal: AbortSignal;
  journal: Journal;
  tally: Tally;
  progress: ReturnType<typeof startProgress>;
  wording: Wording;
  found: FoundFiles;
  folder: string;
};

async function work(options: ImportOptions, { signal, journal, tally, progress, wording, found, folder }: Work) {
  const client = createLibraryClient({ url: options.api, key: options.key, signal });
  await requireLibrary(client, options.api);
  const retrying = createRetrying({
    signal,
    onRest: (restMs, { code }) => progress.note(`the API asks to wait (${code})`, restMs),
  });
  const send = createSending({ client, retrying, begunAt: journal.begunAt });
  progress.begin('sending', () => tally.counts().not_sent);
  const { files } = found;
  const { concurrency } = options;
  await importPictures({ folder, files, wording, send, journal, tally, concurrency, signal });
  if (!options.wait) return;
  progress.begin('making pictures', () => tally.pending.size);
  await settleItems({ client, retrying, tally, signal });
}

/** Before anything is read: a wrong address or key is told at once. */
async function requireLibrary(client: LibraryClient, api: string): Promise<void> {
  await client.page(1, null).catch((err) => {
    if (err instanceof Unreachable) {
      throw new ImportStopped('unreachable', `Nothing answers at ${api} (${err.message}). Is it the right --api?`, err);
    }
    const isPassing = err instanceof Refused && err.retryable && !concernsAll(err);
    if (!isPassing) throw err;
  });
}

/** Anything else is a defect of ours. */
function stopOf(err: unknown, signal: AbortSignal): { code: string; detail: string } {
  if (signal.aborted) {
    const isJournal = signal.reason instanceof Error;
    return isJournal
      ? { code: 'journal_unwritable', detail: `The journal cannot be written: ${signal.reason.message}` }
      : { code: 'interrupted', detail: 'You have ended it.' };
  }
  if (err instanceof ImportStopped || err instanceof Refused || err instanceof Unreachable) {
    return { code: err.code, detail: err.message };
  }
  throw err;
}
