/** A PostgreSQL that is known to run on this machine, and how its programs are run. */
import { join } from 'node:path';
import { runProgram } from './run-program.ts';
import type { ServerUser } from './server-user.ts';

/** Where it came from: npm's package of this platform, or the machine's own. */
export type PostgresOrigin = 'npm' | 'system';

/** `binDir` holds `postgres` and `initdb`; `version` looks like `17.10`, and `major` like `17`. */
export type PostgresProgram = { binDir: string; version: string; major: string; origin: PostgresOrigin };

/**
 * The start of a command line: without our environment, whose PG…, LC_… and TZ would change what comes out, and with
 * the few variables that make it the same everywhere. Descriptor 8 is the working folder that it is started in.
 */
export function postgresCommand(binDir: string, name: 'postgres' | 'initdb'): string[] {
  const environment = ['PATH=/usr/bin:/bin', 'LC_ALL=C', 'TZ=UTC'];
  return ['/bin/sh', '-c', 'exec 8<. "$@"', 'sh', '/usr/bin/env', '-i', ...environment, join(binDir, name)];
}

/**
 * How that program is told the folder that it is started in. On Linux without its path: the user whom a server runs as
 * under root may not be let through the folders above (`/root`). Not as `/proc/self/cwd`: before version 16 the
 * programs go to their own folder and back by path.
 */
export function asWorkingFolder(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/fd/8' : folder;
}

/** Runs both programs with `--version`, which also finds missing libraries; undefined when one does not answer. */
export async function tryPostgresProgram(
  binDir: string,
  origin: PostgresOrigin,
  user?: ServerUser,
): Promise<PostgresProgram | undefined> {
  // `postgres (PostgreSQL) 17.10`, `initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
  const [version, initdb] = await Promise.all(
    (['postgres', 'initdb'] as const).map(async (name) => {
      const { ok, stdout } = await runProgram([...postgresCommand(binDir, name), '--version'], { user, cwd: '/' });
      return ok ? /\(PostgreSQL\) (\d[\w.]*)/.exec(stdout)?.[1] : undefined;
    }),
  );
  const major = /^\d+/.exec(version ?? '')?.[0];
  return version === undefined || major === undefined || initdb === undefined
    ? undefined
    : { binDir, version, major, origin };
}
