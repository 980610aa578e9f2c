/** The folder of PostgreSQL's own files: made once, and known by the major version that made it. */
import { constants } from 'node:fs';
import { access, chown, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { ServerNotStarted } from './errors.ts';
import { keptFolder, withPartialFolder } from './kept-folder.ts';
import { asWorkingFolder, type PostgresProgram, postgresCommand } from './postgres-program.ts';
import { runProgram } from './run-program.ts';
import type { ServerUser } from './server-user.ts';

/** The only user of a new cluster, and its only database that anybody needs. */
export const SUPERUSER = 'postgres';

/** The first major version that brings a locale of its own, the same on every system. */
const BUILTIN_LOCALE_SINCE = 17;

/** The major version that made the cluster, as `17`; undefined when there is none yet. */
export async function clusterMajor(cluster: string): Promise<string | undefined> {
  try {
    return (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && (await stat(cluster).catch(() => undefined)) === undefined) return undefined;
    throw unusable(cluster, code === 'ENOENT' ? 'it holds no data of PostgreSQL' : code);
  }
}

export type MakeClusterOptions = {
  program: PostgresProgram;
  user: ServerUser | undefined;
  /** Whether it must be on the disk. When not, it is a copy of one that was made before. */
  durable: boolean;
  /** Where that one is kept; by default `~/.cache/tintype`. */
  cacheDir?: string | undefined;
  onProgress?: ((line: string) => void) | undefined;
};

/**
 * Makes the cluster, whole or not at all. When another process does so too, the first one's is kept. Nothing is ever
 * removed from a folder that is there.
 */
export async function makeCluster(cluster: string, options: MakeClusterOptions): Promise<void> {
  const { program, user, durable, onProgress } = options;
  const template = durable ? undefined : await clusterTemplate(options);
  await withPartialFolder(join(cluster, '..'), async (partial) => {
    if (template === undefined) {
      onProgress?.(`Preparing PostgreSQL ${program.version} in ${cluster} (once).`);
      await initialize(partial, program, user, true);
    } else {
      await succeed(['cp', '-a', `${template}/.`, partial]);
    }
    await rename(partial, cluster).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error;
    });
  });
}

/** `initdb` takes a second, a copy of what it made a twentieth: what tests need many times is made once per machine. */
async function clusterTemplate({ program, user, cacheDir }: MakeClusterOptions): Promise<string> {
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const folder = join(await cacheFolder(cacheDir), `postgres-cluster-${program.version}-${uid}`);
  const look = async (found: string) => {
    const major = await readFile(join(found, 'PG_VERSION'), 'utf8').catch(() => '');
    return major.trim() === program.major ? found : undefined;
  };
  return await keptFolder(folder, look, (partial) => initialize(partial, program, user, false));
}

/** The order of texts is that of their code points, as PostgreSQL's image orders them with the same arguments. */
async function initialize(
  folder: string,
  program: PostgresProgram,
  user: ServerUser | undefined,
  syncs: boolean,
): Promise<void> {
  if (user) await chown(folder, user.uid, user.gid);
  const locale =
    Number(program.major) >= BUILTIN_LOCALE_SINCE
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C', '--lc-ctype=C.UTF-8'];
  const users = ['-U', SUPERUSER, '--auth-local=trust', '--auth-host=reject'];
  await succeed(
    [
      ...[...postgresCommand(program.binDir, 'initdb'), '-D', asWorkingFolder(folder), '-E', 'UTF8'],
      ...[...locale, ...users, ...(syncs ? [] : ['--no-sync'])],
    ],
    folder,
    user,
  );
}

/** Makes a folder that root has put there (from a backup, say) that of the user whom the server runs as. */
export async function ownCluster(cluster: string, user: ServerUser | undefined): Promise<void> {
  const { uid } = await stat(cluster);
  const ourUid = process.getuid?.() ?? uid;
  if (user && uid !== user.uid) await succeed(['chown', '-R', `${user.uid}:${user.gid}`, cluster]);
  if (!user && uid !== ourUid) throw unusable(cluster, `it belongs to the user ${uid}`);
}

/** Makes the folder when it is missing; throws in one line when that cannot be, or nothing can be written into it. */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(dataDir, codeOf(error));
  }
}

/** One line about a folder that PostgreSQL cannot use. */
function unusable(folder: string, reason: string): ServerNotStarted {
  return new ServerNotStarted('folder_unusable', `PostgreSQL cannot use ${folder}: ${reason}.`);
}

function codeOf(error: unknown): string {
  // By its shape: the test runner gives Node's own errors another Error class.
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

async function succeed(command: string[], cwd?: string, user?: ServerUser): Promise<void> {
  const { ok, stderr, stdout } = await runProgram(command, { ...(cwd === undefined ? {} : { cwd }), user });
  if (ok) return;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  throw new ServerNotStarted('folder_unusable', `PostgreSQL's folder was not made: ${lines.slice(-3).join(' | ')}`);
}
