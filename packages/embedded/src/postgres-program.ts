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
 * the few variables that make it the same everywhere.
 */
export function postgresCommand(binDir: string, name: 'postgres' | 'initdb'): string[] {
  return ['/usr/bin/env', '-i', 'PATH=/usr/bin:/bin', 'LC_ALL=C', 'TZ=UTC', join(binDir, name)];
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
