/** Finds a PostgreSQL: npm's package of this platform, else the machine's own. */
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ServerNotStarted, ServerUnavailable } from './errors.ts';
import { environmentPath, findExecutable } from './find-executable.ts';
import { type NpmPostgresOptions, npmPostgres, npmPostgresFolder } from './npm-postgres.ts';
import { type PostgresProgram, tryPostgresProgram } from './postgres-program.ts';

/** Where PostgreSQL may be. */
export type PostgresPlaces = {
  /** The folder `native` of npm's package; undefined where it is not installed. */
  npmFolder: string | undefined;
  /** Folders of Debian's kind, with one for each major version: `<major>/bin`. */
  systemFolder: string;
  /** More folders to look in, written as in the variable PATH. */
  path: string;
};

/** The places of this machine. */
export function usualPostgresPlaces(): PostgresPlaces {
  return { npmFolder: npmPostgresFolder(), systemFolder: '/usr/lib/postgresql', path: environmentPath() };
}

export type FindPostgresOptions = NpmPostgresOptions & {
  /** The major version that made the data; any will do when there is none yet. */
  major?: string | undefined;
  /** What holds that data, for the sentence that says why nothing fits. */
  dataDir: string;
};

/**
 * The first that runs and reads the data that is there. Throws `ServerUnavailable` when none runs, `ServerNotStarted`
 * when all are of other versions than the data.
 */
export async function findPostgresProgram(
  options: FindPostgresOptions,
  places: PostgresPlaces = usualPostgresPlaces(),
): Promise<PostgresProgram> {
  const { major } = options;
  const others: PostgresProgram[] = [];
  for await (const program of runningPrograms(options, places)) {
    if (major === undefined || program.major === major) return program;
    others.push(program);
  }
  if (major !== undefined && others.length > 0) throw wrongVersion(options.dataDir, major, others);
  throw new ServerUnavailable(advice(places));
}

async function* runningPrograms(
  options: FindPostgresOptions,
  { npmFolder, systemFolder, path }: PostgresPlaces,
): AsyncGenerator<PostgresProgram> {
  const fromNpm = npmFolder === undefined ? undefined : await npmPostgres(npmFolder, options);
  if (fromNpm) yield fromNpm;
  const majors = (await readdir(systemFolder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const binDirs = majors.sort((a, b) => Number(b) - Number(a)).map((major) => join(systemFolder, major, 'bin'));
  const onPath = await findExecutable('postgres', path);
  // Where a link on the PATH leads to is where `initdb` is too.
  if (onPath !== undefined) binDirs.push(dirname(await realpath(onPath)));
  for (const binDir of binDirs) {
    const program = await tryPostgresProgram(binDir, 'system', options.user);
    if (program) yield program;
  }
}

function wrongVersion(dataDir: string, major: string, others: PostgresProgram[]): ServerNotStarted {
  const here = [...new Set(others.map(({ version }) => version))].join(' and ');
  return new ServerNotStarted(
    'wrong_version',
    `${dataDir} is of PostgreSQL ${major}, and here is ${here}: install ${major} (\`apt install postgresql-${major}\`), or move that folder away to begin with an empty library.`,
  );
}

function advice({ npmFolder, systemFolder }: PostgresPlaces): string {
  const fromNpm = npmFolder === undefined ? 'is not installed' : 'does not run on this machine';
  const how = '`apt install postgresql`, `dnf install postgresql-server`, `brew install postgresql@17`';
  return `There is no PostgreSQL: npm's package ${fromNpm}, and nothing is in ${systemFolder} or on the PATH. Install one (${how}) or set DATABASE_URL.`;
}
