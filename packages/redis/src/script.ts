/** Lua scripts as functions: loaded once per server, called by their hash, with keys and arguments by their names. */
import type { RedisConnection } from './connection.ts';
import type { ShardKeys } from './keys.ts';
import type { ShardPlace } from './shard.ts';

type Names = readonly string[];
type Value = string | number | Buffer;

/** Names of the keys that are the same for all calls of a shard's scripts. */
export type FixedKey = { [Name in keyof ShardKeys]: ShardKeys[Name] extends string ? Name : never }[keyof ShardKeys];

/** A part of scripts: functions and tables in Lua, one after the other, and the fixed keys that they know by name. */
export type LuaPiece = { keys: readonly FixedKey[]; lua: string };

export type ScriptDefinition<Keys extends Names, Args extends Names> = {
  /** What ioredis knows it by; unique over the process. */
  name: string;
  /** Each key of a call is a local variable of this name. */
  keys: Keys;
  /** Each argument likewise, as text. Further ones begin at `ARGV[rest]`. */
  args: Args;
  lua: string;
  /** May run on a replica. */
  readOnly?: boolean;
};

export type ShardScriptDefinition<Keys extends Names, Args extends Names> = ScriptDefinition<Keys, Args> & {
  /** Keys of the shard that the script knows by name, beside those of its pieces. */
  fixedKeys?: readonly FixedKey[];
  /** What the script uses of them stands before it, in this order; a piece may call those before it. */
  pieces?: readonly LuaPiece[];
};

/** Calls a script. */
export type Script<Keys extends Names, Args extends Names> = (
  keys: Readonly<Record<Keys[number], string>>,
  args: Readonly<Record<Args[number], Value>>,
  rest?: readonly Value[],
) => Promise<unknown>;

/** Adds the script to the connection; doing so again changes nothing. */
export function defineScript<const Keys extends Names, const Args extends Names>(
  redis: RedisConnection,
  definition: ScriptDefinition<Keys, Args>,
): Script<Keys, Args> {
  return scriptOn(redis, definition);
}

/**
 * The same for a shard. Its fixed keys stand in the script's text, which costs a call nothing; a script without other keys is
 * told one of them, by which a cluster knows the node.
 */
export function defineShardScript<const Keys extends Names, const Args extends Names>(
  { number, redis, keys }: ShardPlace,
  { fixedKeys = [], pieces = [], name, lua, ...definition }: ShardScriptDefinition<Keys, Args>,
): Script<Keys, Args> {
  const definitions = pieces.flatMap((piece) => piece.lua.trim().split(/\n(?=local )/));
  const names = [...pieces.flatMap((piece) => piece.keys), ...fixedKeys];
  const constants = new Map(names.map((fixed): [string, string] => [fixed, `'${keys[fixed]}'`]));
  const text = withConstants(withWhatItUses(lua, [...new Set(definitions)]), constants);
  return scriptOn(redis, { ...definition, name: `${name}:${number}`, lua: text }, [keys.jobPrefix]);
}

/** Each call makes all of a script's functions anew: those that it never calls are left out. */
function withWhatItUses(lua: string, definitions: readonly string[]): string {
  return definitions.reduceRight((text, definition) => {
    const name = /^local (?:function )?(\w+)/.exec(definition)?.[1];
    return name !== undefined && new RegExp(`\\b${name}\\b`).test(text) ? `${definition}\n${text}` : text;
  }, lua);
}

/**
 * Words outside of texts that are constants. As local variables they would have to be handed into every function that uses
 * them, each time that it is made.
 */
function withConstants(lua: string, constants: ReadonlyMap<string, string>): string {
  return lua.replace(
    /'[^'\n]*'|"[^"\n]*"|(?<![.\w])[A-Za-z_]\w*\b(?!\s*=(?!=))/g,
    (word) => constants.get(word) ?? word,
  );
}

/** `routing`: what is passed as keys where a call has none. */
function scriptOn<Keys extends Names, Args extends Names>(
  redis: RedisConnection,
  { name, keys, args, lua, readOnly = false }: ScriptDefinition<Keys, Args>,
  routing: readonly string[] = [],
): Script<Keys, Args> {
  const prelude = [locals(keys, 'KEYS'), locals(args, 'ARGV'), `local rest = ${args.length + 1}`];
  const unnamed = keys.length === 0 ? routing : [];
  const numberOfKeys = unnamed.length + keys.length;
  redis.defineCommand(name, { lua: [...prelude, lua].join('\n'), numberOfKeys, readOnly });
  // ioredis adds the command under its name, which no static type knows.
  const command: unknown = Reflect.get(redis, name);
  if (typeof command !== 'function') throw new TypeError(`the script ${name} could not be defined`);
  const keyNames: readonly Keys[number][] = keys;
  const argNames: readonly Args[number][] = args;
  return (keyValues, argValues, rest = []) =>
    command.call(
      redis,
      ...unnamed,
      ...keyNames.map((key) => keyValues[key]),
      ...argNames.map((arg) => argValues[arg]),
      ...rest,
    );
}

/** `local wait, active = KEYS[1], KEYS[2]` */
function locals(names: Names, table: 'KEYS' | 'ARGV'): string {
  if (names.length === 0) return '';
  return `local ${names.join(', ')} = ${names.map((_, index) => `${table}[${index + 1}]`).join(', ')}`;
}
