/** Finds a Redis server program: on the PATH, else unpacked from the distribution's packages. */
import type { DebianTools } from './debian-packages.ts';
import { ServerUnavailable } from './errors.ts';
import { environmentPath, findExecutable } from './find-executable.ts';
import { type RedisProgram, redisProgramNames, tryRedisProgram } from './redis-program.ts';
import { unpackedRedis } from './unpacked-redis.ts';

export type FindOptions = {
  /** Folders to look in, written as in the variable PATH, which is the default. */
  path?: string;
  /** Where unpacked packages are kept between runs; by default `~/.cache/tintype`. */
  cacheDir?: string;
  /** Told in one line when something slow begins. */
  onProgress?: (line: string) => void;
};

/** The first program that answers `--version`. Throws `ServerUnavailable`. */
export async function findRedisProgram(options: FindOptions = {}): Promise<RedisProgram> {
  const path = options.path ?? environmentPath();
  for (const name of redisProgramNames) {
    const file = await findExecutable(name, path);
    const program = file === undefined ? undefined : await tryRedisProgram([file], 'path');
    if (program) return program;
  }
  const tools = await findDebianTools(path);
  if (!tools) throw new ServerUnavailable(advice('nor is there apt to fetch one with'));
  try {
    return await unpackedRedis(tools, options);
  } catch (error) {
    throw new ServerUnavailable(advice(`unpacking one failed: ${reasonOf(error)}`), { cause: error });
  }
}

function advice(detail: string): string {
  const how = '`apt install redis-server`, `dnf install valkey`, `apk add redis`, `brew install redis`';
  return `There is no redis-server or valkey-server on the PATH, ${detail}. Install one (${how}) or set REDIS_URL.`;
}

function reasonOf(error: unknown): string {
  // By its shape: the test runner gives Node's own errors another Error class.
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
  return hasMessage ? String(error.message) : String(error);
}

async function findDebianTools(path: string): Promise<DebianTools | undefined> {
  const names = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-query'];
  const [aptGet, aptCache, dpkg, dpkgQuery] = await Promise.all(names.map((name) => findExecutable(name, path)));
  return aptGet && aptCache && dpkg && dpkgQuery ? { aptGet, aptCache, dpkg, dpkgQuery } : undefined;
}
