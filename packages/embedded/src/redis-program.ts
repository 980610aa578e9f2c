/** A Redis server program that is known to run on this machine. */
import { runProgram } from './run-program.ts';

/** By preference. Valkey is the fork that some distributions ship instead: same protocol, same options. */
export const redisProgramNames = ['redis-server', 'valkey-server'];

/** Where the program came from. */
export type ServerOrigin = 'path' | 'debian-package';

/** `command` is the start of its command line; `version` looks like `7.0.15`. */
export type RedisProgram = { command: string[]; version: string; origin: ServerOrigin };

/** Runs `command --version`, which also finds missing libraries; undefined when no Redis or Valkey answers. */
export async function tryRedisProgram(command: string[], origin: ServerOrigin): Promise<RedisProgram | undefined> {
  const { ok, stdout } = await runProgram([...command, '--version']);
  // `Redis server v=7.0.15 sha=…`, `Valkey server v=8.1.1 sha=…`
  const version = ok ? / v=(\d[\w.-]*)/.exec(stdout)?.[1] : undefined;
  return version === undefined ? undefined : { command, version, origin };
}
