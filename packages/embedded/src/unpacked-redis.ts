/** A Redis server from the distribution's packages, unpacked once into the cache folder. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { type DebianTools, libraryFolders, unpackDebianPackages } from './debian-packages.ts';
import { type RedisProgram, redisProgramNames, tryRedisProgram } from './redis-program.ts';
import { runProgram } from './run-program.ts';

const PARTIAL_PREFIX = '.partial-';
const ABANDONED_AFTER_MS = 3_600_000;

export type UnpackOptions = { cacheDir?: string; onProgress?: (line: string) => void };

/**
 * The program in the cache folder, unpacked there first when it is missing or does not run. Any number of processes
 * may do so at the same time. Throws `PackagesUnavailable`, or the file system's error.
 */
export async function unpackedRedis(tools: DebianTools, options: UnpackOptions): Promise<RedisProgram> {
  const cache = await cacheFolder(options.cacheDir);
  const folder = join(cache, `redis-${await distribution(tools)}`);
  const known = await programIn(folder);
  if (known) return known;
  options.onProgress?.(`Unpacking a Redis server from the distribution's packages into ${folder} (once).`);
  await removeAbandoned(cache);
  const partial = await mkdtemp(join(cache, PARTIAL_PREFIX));
  try {
    await unpackDebianPackages(tools, redisProgramNames, partial);
    if (!(await programIn(partial))) throw new Error('the unpacked server does not run on this machine');
    return await install(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Codename and architecture, as `bookworm-amd64`: another release's libraries would not fit. */
async function distribution(tools: DebianTools): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([\w.-]+)/m.exec(release)?.[1] ?? 'unknown';
  const { stdout } = await runProgram([tools.dpkg, '--print-architecture']);
  return `${codename}-${stdout.trim()}`;
}

async function programIn(folder: string): Promise<RedisProgram | undefined> {
  // By env and not by our spawn's options: the libraries are the server's alone, not those of the shell around it.
  const withLibraries = ['/usr/bin/env', `LD_LIBRARY_PATH=${(await libraryFolders(folder)).join(':')}`];
  for (const name of redisProgramNames) {
    const program = await tryRedisProgram([...withLibraries, join(folder, 'usr/bin', name)], 'debian-package');
    if (program) return program;
  }
  return undefined;
}

/** Moves the finished folder into its place with one rename; where another process was first, its folder is taken. */
async function install(partial: string, folder: string): Promise<RedisProgram> {
  for (let attempt = 0; attempt < 3; attempt++) {
    await rename(partial, folder).catch(() => undefined); // refused when something lies there
    const program = await programIn(folder);
    if (program) return program;
    // What lies there does not run (half deleted, say): aside, under a name that nobody else uses.
    const broken = join(folder, '..', `${PARTIAL_PREFIX}${randomUUID()}`);
    await rename(folder, broken).catch(() => undefined);
    await rm(broken, { recursive: true, force: true });
  }
  throw new Error(`${folder} cannot be written`);
}

/** What processes that were killed while they unpacked have left. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const folder = join(cache, name);
    if (!name.startsWith(PARTIAL_PREFIX)) continue;
    const changedAt = (await stat(folder).catch(() => undefined))?.mtimeMs;
    const isAbandoned = changedAt !== undefined && Date.now() - changedAt > ABANDONED_AFTER_MS;
    if (isAbandoned) await rm(folder, { recursive: true, force: true });
  }
}
