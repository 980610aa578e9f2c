/** A Redis server from the distribution's packages, unpacked once into the cache folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { type DebianTools, libraryFolders, unpackDebianPackages } from './debian-packages.ts';
import { keptFolder } from './kept-folder.ts';
import { type RedisProgram, redisProgramNames, tryRedisProgram } from './redis-program.ts';
import { runProgram } from './run-program.ts';

export type UnpackOptions = { cacheDir?: string; onProgress?: (line: string) => void };

/**
 * The program in the cache folder, unpacked there first when it is missing or does not run. Any number of processes
 * may do so at the same time. Throws `PackagesUnavailable`, or the file system's error.
 */
export async function unpackedRedis(tools: DebianTools, options: UnpackOptions): Promise<RedisProgram> {
  const cache = await cacheFolder(options.cacheDir);
  const folder = join(cache, `redis-${await distribution(tools)}`);
  return await keptFolder(folder, programIn, async (partial) => {
    options.onProgress?.(`Unpacking a Redis server from the distribution's packages into ${folder} (once).`);
    await unpackDebianPackages(tools, redisProgramNames, partial);
    if (!(await programIn(partial))) throw new Error('the unpacked server does not run on this machine');
  });
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
