/** A private PostgreSQL as a child process on a unix socket: start, readiness, stop. */
import { open, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerNotStarted } from './errors.ts';
import { findPostgresProgram } from './find-postgres-program.ts';
import { clusterMajor, makeCluster, makeDataDir, ownCluster, SUPERUSER } from './postgres-cluster.ts';
import { PORT, pingPostgres } from './postgres-ping.ts';
import { asWorkingFolder, type PostgresOrigin, type PostgresProgram, postgresCommand } from './postgres-program.ts';
import { type ChildEnd, LOCK_HELD_EXIT_CODE, type PrivateChild, startPrivateChild } from './private-child.ts';
import { type ServerUser, serverUser } from './server-user.ts';
import { announcedSocket, makeSocketPlace, type SocketPlace } from './socket-place.ts';

/** PostgreSQL makes the name from the port, of which only the number is left. */
const SOCKET_NAME = `.s.PGSQL.${PORT}`;
const PID_NAME = 'postmaster.pid';
const LOCK_NAME = 'tintype.lock';
const LOG_NAME = 'postgres.log';
const MAX_LOG_BYTES = 1_000_000;
const ANSWER_WITHIN_MS = 30_000;
/** While it reads its log after a crash it says so, and may take longer. */
const RECOVERED_WITHIN_MS = 300_000;
const LAST_LINES = 5;
const POLL_MS = 5;
const STOP_GRACE_MS = 10_000;
/** A server whose parent was killed a moment ago still answers while it begins to end. */
const PREDECESSOR_GRACE_MS = 1_000;
/** It is killed after 5 s. */
const PREDECESSOR_END_MS = 8_000;

export type StartPostgresOptions = {
  /** Folder for the data (below `cluster`) and the log; made when missing. One server per folder. */
  dataDir: string;
  /** Whether what is committed survives the machine's own crash (default). Tests need not wait for the disk. */
  durable?: boolean;
  /** Called once when the server ends without `stop()`; `code` is null when a signal ended it. */
  onExit?: (code: number | null) => void;
  /** Where copies are kept between runs; by default `~/.cache/tintype`, and for programs under root `/var/cache/tintype`. */
  cacheDir?: string;
  /** Told in one line when something slow begins. */
  onProgress?: (line: string) => void;
};

export type EmbeddedPostgres = {
  /** For any client: `postgresql://postgres@localhost:5432/postgres?host=<folder of the socket>`, as the superuser. */
  url: string;
  /** The server's own process; another one after a restart. */
  pid: number;
  /** As `17.10`. */
  version: string;
  origin: PostgresOrigin;
  /** Starts it again at the same url, after it has ended by itself; resolves with the number of its new process. */
  restart(): Promise<number>;
  /** Ends it, connections too; after 10 s SIGKILL. Resolves when the process is gone. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts a PostgreSQL of our own and waits until it answers. The first start makes its data, in UTF-8 and ordered by
 * code point. It listens on a unix socket alone, in a folder of its user's, and lets whoever may go there in as the
 * superuser. Under root it runs as the folder's owner, else as `nobody`. It ends with this process however that ends,
 * Ctrl-C does not reach it, and until `stop()` it keeps this process alive.
 *
 * Throws `ServerUnavailable` when there is no program, and `ServerNotStarted` when the folder cannot be used, is in use,
 * or of another major version, or when the server ends at once or does not answer within 30 s (300 s after a crash).
 */
export async function startPrivatePostgres(options: StartPostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true, cacheDir, onProgress } = options;
  const dataDir = resolve(options.dataDir);
  const cluster = join(dataDir, 'cluster');
  await makeDataDir(dataDir);
  const user = await serverUser(cluster);
  const major = await clusterMajor(cluster);
  await expectFolderFree(cluster);
  const program = await findPostgresProgram({ dataDir: cluster, major, user, cacheDir, onProgress });
  if (major === undefined) await makeCluster(cluster, { program, user, durable, cacheDir, onProgress });
  await ownCluster(cluster, user);
  const place = await makeSocketPlace(cluster, SOCKET_NAME, user);
  const start: Launch = { program, dataDir, cluster, user, durable, place, onExit: options.onExit };
  let running: RunningServer;
  try {
    running = await launch(start);
  } catch (error) {
    await place.release();
    throw error;
  }
  return {
    url: urlOf(place),
    pid: running.pid,
    version: program.version,
    origin: program.origin,
    async restart() {
      running = await launch(start);
      return running.pid;
    },
    async stop() {
      await running.stop();
      await place.release();
    },
  };
}

/** All that a start needs, and a restart after it. */
type Launch = {
  program: PostgresProgram;
  dataDir: string;
  cluster: string;
  user: ServerUser | undefined;
  durable: boolean;
  place: SocketPlace;
  onExit: ((code: number | null) => void) | undefined;
};

type RunningServer = { pid: number; stop(): Promise<void> };

async function launch(start: Launch): Promise<RunningServer> {
  const child = await spawnServer(start);
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    await child.stop(STOP_GRACE_MS);
  };
  try {
    await untilReady(child, start);
    await start.place.announce();
  } catch (error) {
    await stop();
    throw error;
  }
  void child.ended.then(({ code }) => {
    if (!isStopping) start.onExit?.(code);
  });
  return { pid: child.pid, stop };
}

function urlOf({ path }: SocketPlace): string {
  return `postgresql://${SUPERUSER}@localhost:${PORT}/${SUPERUSER}?host=${encodeURIComponent(dirname(path))}`;
}

async function spawnServer({ program, dataDir, cluster, user, durable, place }: Launch): Promise<PrivateChild> {
  const log = await open(join(dataDir, LOG_NAME), 'a', 0o600);
  try {
    if ((await log.stat()).size > MAX_LOG_BYTES) await log.truncate();
    const isInside = dirname(place.path) === cluster;
    const socketFolder = isInside ? asWorkingFolder(cluster) : dirname(place.path);
    return await startPrivateChild({
      command: [
        ...[...postgresCommand(program.binDir, 'postgres'), '-D', asWorkingFolder(cluster)],
        ...serverArguments(socketFolder, durable),
      ],
      lockFile: LOCK_NAME,
      output: log.fd,
      endSignal: durable ? 'INT' : 'QUIT',
      // They name a process, which may be a stranger by now. What is still connected to a dead server's memory
      // PostgreSQL finds by other means.
      leftovers: [PID_NAME, `${isInside ? SOCKET_NAME : place.path}.lock`],
      user,
      cwd: cluster,
    });
  } finally {
    await log.close();
  }
}

/** Sized for a laptop: a library of some hundred thousand items. */
function serverArguments(socketFolder: string, durable: boolean): string[] {
  const settings = {
    port: PORT,
    listen_addresses: '',
    unix_socket_directories: `"${socketFolder}"`,
    unix_socket_permissions: '0700',
    max_connections: 40,
    shared_buffers: '64MB',
    max_wal_size: '256MB',
    max_logical_replication_workers: 0, // nobody subscribes to anything: a process less
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Refuses early, and where flock is missing, what the lock refuses for certain. */
async function expectFolderFree(cluster: string): Promise<void> {
  const socketFolder = dirname(await announcedSocket(cluster, SOCKET_NAME));
  const startedAt = Date.now();
  for (;;) {
    const answer = await pingPostgres(socketFolder);
    if (answer === 'absent') return;
    const limitMs = answer === 'busy' ? PREDECESSOR_END_MS : PREDECESSOR_GRACE_MS;
    if (Date.now() - startedAt > limitMs) throw folderInUse(cluster, (await postmaster(cluster)).pid);
    await sleep(50);
  }
}

/** Waits for an answer of this very process: when two starts race for a folder, the other's may answer first. */
async function untilReady(child: PrivateChild, { cluster, dataDir, place }: Launch): Promise<void> {
  const startedAt = Date.now();
  let limitMs = ANSWER_WITHIN_MS;
  let end: ChildEnd | undefined;
  void child.ended.then((how) => {
    end = how;
  });
  while (Date.now() - startedAt < limitMs) {
    if (end) throw await endedAtStart(end, cluster, dataDir);
    const { pid, isReady } = await postmaster(cluster);
    const isOurs = pid === child.pid;
    if (isOurs && isReady && (await pingPostgres(dirname(place.path))) === 'ready') return;
    if (isOurs) limitMs = RECOVERED_WITHIN_MS;
    await sleep(POLL_MS);
  }
  throw new ServerNotStarted('no_answer', `PostgreSQL does not answer in ${cluster}: ${await lastWords(dataDir)}`);
}

/** What the server itself has written down: its process in the first line, its state in the eighth. */
async function postmaster(cluster: string): Promise<{ pid: number | undefined; isReady: boolean }> {
  const lines = (await readFile(join(cluster, PID_NAME), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return { pid: pid > 0 ? pid : undefined, isReady: lines[7]?.trim() === 'ready' };
}

function folderInUse(cluster: string, pid?: number): ServerNotStarted {
  const other = pid === undefined ? 'Another PostgreSQL' : `Another PostgreSQL (process ${pid})`;
  const message = `${other} is running on ${cluster}: stop what has started it, or choose another folder.`;
  return new ServerNotStarted('data_folder_in_use', message);
}

async function endedAtStart({ code, signal }: ChildEnd, cluster: string, dataDir: string): Promise<ServerNotStarted> {
  if (code === LOCK_HELD_EXIT_CODE) return folderInUse(cluster);
  const how = signal ?? `exit code ${code}`;
  return new ServerNotStarted('ended', `PostgreSQL ended at its start (${how}): ${await lastWords(dataDir)}`);
}

/** The end of the log, in one line. */
async function lastWords(dataDir: string): Promise<string> {
  const file = join(dataDir, LOG_NAME);
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.trim().split('\n').slice(-LAST_LINES);
  return `${lines.join(' | ')} (log: ${file})`;
}
