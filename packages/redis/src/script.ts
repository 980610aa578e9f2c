/** Lua scripts as functions: loaded once per server, called by their hash. */
import type { RedisConnection } from './connection.ts';

export type ScriptDefinition = {
  /** What ioredis knows it by; unique over the process. */
  name: string;
  lua: string;
  numberOfKeys: number;
  /** May run on a replica. */
  readOnly?: boolean;
};

/** Calls a script: its keys first, then its arguments. */
export type Script = (...keysAndArguments: (string | number)[]) => Promise<unknown>;

/** Adds the script to the connection; doing so again changes nothing. */
export function defineScript(redis: RedisConnection, { name, lua, numberOfKeys, readOnly }: ScriptDefinition): Script {
  redis.defineCommand(name, { lua, numberOfKeys, readOnly: readOnly ?? false });
  // ioredis adds the command under its name, which no static type knows.
  const command: unknown = Reflect.get(redis, name);
  if (typeof command !== 'function') throw new TypeError(`the script ${name} could not be defined`);
  return (...keysAndArguments) => command.apply(redis, keysAndArguments);
}
