/** A private Redis as a child process on a unix socket: start, readiness, stop. */
import { mkdir, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerNotStarted } from './errors.ts';
import { findRedisProgram } from './find-redis-program.ts';
import { type ChildEnd, LOCK_HELD_EXIT_CODE, type PrivateChild, startPrivateChild } from './private-child.ts';
import { pingRedis } from './redis-ping.ts';
import type { RedisProgram, ServerOrigin } from './redis-program.ts';
import { announcedSocket, makeSocketPlace, type SocketPlace } from './socket-place.ts';

const SOCKET_NAME = 'redis.sock';
const LOCK_NAME = 'redis.lock';
const LOG_NAME = 'redis.log';
const MAX_LOG_BYTES = 1_000_000;
const ANSWER_WITHIN_MS = 10_000;
/** While it reads a large append-only file it says so, and may take longer. */
const LOADED_WITHIN_MS = 60_000;
const LAST_LINES = 5;
const POLL_MS = 3;
const STOP_GRACE_MS = 5_000;
/** A server whose parent was killed a moment ago still answers while it ends. */
const PREDECESSOR_GRACE_MS = 1_000;

export type StartRedisOptions = {
  /** Folder for the data, the log and the socket; made when missing. One server per folder. */
  dataDir: string;
  /** Append-only file (default). Without, nothing is ever written and a stop loses everything. */
  persistent?: boolean;
  /** When that file is flushed to the disk: before each answer (default), or once a second. */
  fsync?: 'always' | 'everysec';
  /** Redis refuses writes above this size (`noeviction`); no limit by default. */
  maxMemoryBytes?: number;
  /** Called once when the server ends without `stop()`; `code` is null when a signal ended it. */
  onExit?: (code: number | null) => void;
  /** Where unpacked packages are kept between runs; by default `~/.cache/tintype`. */
  cacheDir?: string;
  /** Told in one line when something slow begins. */
  onProgress?: (line: string) => void;
};

export type EmbeddedRedis = {
  /** Absolute path of the unix socket: `new Redis(url)` of ioredis takes it as it is. */
  url: string;
  /** The server's own process. */
  pid: number;
  /** As `7.0.15`. */
  version: string;
  origin: ServerOrigin;
  /** SIGTERM, after 5 s SIGKILL; resolves when the process is gone. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts a Redis of our own and waits until it answers. It lives in its own session, so Ctrl-C does not reach it; it
 * ends with this process however that ends, and until `stop()` it keeps this process alive, as a listening server
 * does. Throws `ServerUnavailable` when there is no program, `ServerNotStarted` when the folder is in use, the server
 * ends at once, or it does not answer within 10 s (60 s while it loads).
 */
export async function startRedis(options: StartRedisOptions): Promise<EmbeddedRedis> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const program = await findRedisProgram(options);
  await expectFolderFree(dataDir);
  const place = await makeSocketPlace(dataDir, SOCKET_NAME);
  const child = await spawnServer(program, options, dataDir, place);
  const ended = child.ended.finally(() => place.release());
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    await child.stop(STOP_GRACE_MS);
    await ended;
  };
  try {
    await untilReady(child, place.path, dataDir);
    await place.announce();
  } catch (error) {
    await stop();
    throw error;
  }
  void ended.then(({ code }) => {
    if (!isStopping) options.onExit?.(code);
  });
  return { url: place.path, pid: child.pid, version: program.version, origin: program.origin, stop };
}

async function spawnServer(
  program: RedisProgram,
  options: StartRedisOptions,
  dataDir: string,
  place: SocketPlace,
): Promise<PrivateChild> {
  const log = await open(join(dataDir, LOG_NAME), 'a', 0o600);
  try {
    if ((await log.stat()).size > MAX_LOG_BYTES) await log.truncate();
    const command = [...program.command, ...serverArguments(options, dataDir, place.path)];
    return await startPrivateChild({ command, lockFile: join(dataDir, LOCK_NAME), output: log.fd });
  } catch (error) {
    await place.release();
    throw error;
  } finally {
    await log.close();
  }
}

function serverArguments(options: StartRedisOptions, dataDir: string, socketPath: string): string[] {
  const { persistent = true, fsync = 'always', maxMemoryBytes } = options;
  return [
    ...['--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700'],
    ...['--dir', dataDir, '--save', '', '--appendonly', persistent ? 'yes' : 'no', '--appendfsync', fsync],
    ...['--maxmemory-policy', 'noeviction', '--loglevel', 'warning'],
    // A job's hash has few fields with long values: packed, it takes less memory.
    ...['--hash-max-listpack-value', '4096'],
    ...(maxMemoryBytes === undefined ? [] : ['--maxmemory', String(maxMemoryBytes)]),
  ];
}

/** Where the private Redis of this folder answers; null when none runs there. */
export async function privateRedisUrl(dataDir: string): Promise<string | null> {
  const socketPath = await announcedSocket(dataDir, SOCKET_NAME);
  return (await pingRedis(socketPath)).state === 'ready' ? socketPath : null;
}

/** Refuses early, and where flock is missing, what the lock refuses for certain. */
async function expectFolderFree(dataDir: string): Promise<void> {
  const socketPath = await announcedSocket(dataDir, SOCKET_NAME);
  const deadline = Date.now() + PREDECESSOR_GRACE_MS;
  for (;;) {
    const answer = await pingRedis(socketPath);
    if (answer.state === 'absent') return;
    if (Date.now() > deadline) throw folderInUse(dataDir, 'pid' in answer ? answer.pid : undefined);
    await sleep(50);
  }
}

/** Waits for an answer of this very process: when two starts race for a folder, the other's Redis may answer first. */
async function untilReady(child: PrivateChild, socketPath: string, dataDir: string): Promise<void> {
  const startedAt = Date.now();
  let limitMs = ANSWER_WITHIN_MS;
  let end: ChildEnd | undefined;
  void child.ended.then((how) => {
    end = how;
  });
  while (Date.now() - startedAt < limitMs) {
    if (end) throw await endedAtStart(end, dataDir);
    const answer = await pingRedis(socketPath);
    const isOurs = 'pid' in answer && answer.pid === child.pid;
    if (isOurs && answer.state === 'ready') return;
    if (isOurs) limitMs = LOADED_WITHIN_MS;
    await sleep(POLL_MS);
  }
  throw new ServerNotStarted('no_answer', `Redis does not answer on ${socketPath}: ${await lastWords(dataDir)}`);
}

function folderInUse(dataDir: string, pid?: number): ServerNotStarted {
  const other = pid === undefined ? 'Another Redis' : `Another Redis (process ${pid})`;
  const message = `${other} is running on ${dataDir}: stop what has started it, or choose another folder.`;
  return new ServerNotStarted('data_folder_in_use', message);
}

async function endedAtStart({ code, signal }: ChildEnd, dataDir: string): Promise<ServerNotStarted> {
  if (code === LOCK_HELD_EXIT_CODE) return folderInUse(dataDir);
  const how = signal ?? `exit code ${code}`;
  return new ServerNotStarted('ended', `Redis ended at its start (${how}): ${await lastWords(dataDir)}`);
}

/** The end of the log, in one line. */
async function lastWords(dataDir: string): Promise<string> {
  const file = join(dataDir, LOG_NAME);
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.trim().split('\n').slice(-LAST_LINES);
  return `${lines.join(' | ')} (log: ${file})`;
}
