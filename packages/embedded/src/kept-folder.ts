/** Folders that are expensive to make: made once, whole or not at all, by whichever process is the first. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const PARTIAL_PREFIX = '.partial-';
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * What `look` finds in the folder; when it finds nothing, `fill` makes a new one beside it, which takes its place with
 * one rename. Any number of processes may do so at the same time. What lies there and is not what is looked for (half
 * deleted, say) is replaced.
 */
export async function keptFolder<Kept>(
  folder: string,
  look: (folder: string) => Promise<Kept | undefined>,
  fill: (partial: string) => Promise<void>,
): Promise<Kept> {
  const known = await look(folder);
  if (known !== undefined) return known;
  return await withPartialFolder(dirname(folder), async (partial) => {
    await fill(partial);
    return await install(partial, folder, look);
  });
}

/** A new folder in `parent` for `use`, which may move it away; what is left of it is removed. */
export async function withPartialFolder<Result>(
  parent: string,
  use: (partial: string) => Promise<Result>,
): Promise<Result> {
  await removeAbandoned(parent);
  const partial = await mkdtemp(join(parent, PARTIAL_PREFIX));
  try {
    return await use(partial);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Moves the finished folder into its place; where another process was first, its folder is taken. */
async function install<Kept>(
  partial: string,
  folder: string,
  look: (folder: string) => Promise<Kept | undefined>,
): Promise<Kept> {
  for (let attempt = 0; attempt < 3; attempt++) {
    await rename(partial, folder).catch(() => undefined); // refused when something lies there
    const kept = await look(folder);
    if (kept !== undefined) return kept;
    // Aside, under a name that nobody else uses.
    const broken = join(dirname(folder), `${PARTIAL_PREFIX}${randomUUID()}`);
    await rename(folder, broken).catch(() => undefined);
    await rm(broken, { recursive: true, force: true });
  }
  throw new Error(`${folder} cannot be written`);
}

/** What processes that were killed while they filled a folder have left. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    if (!name.startsWith(PARTIAL_PREFIX)) continue;
    const changedAt = (await stat(folder).catch(() => undefined))?.mtimeMs;
    const isAbandoned = changedAt !== undefined && Date.now() - changedAt > ABANDONED_AFTER_MS;
    if (isAbandoned) await rm(folder, { recursive: true, force: true });
  }
}
