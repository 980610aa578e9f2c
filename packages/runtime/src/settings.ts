/** Settings from the environment: one schema per service says name, type, default and meaning of each variable. */
import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** A settings schema: the keys are the names of environment variables. */
export type SettingsSchema = TObject<TProperties>;

/** Where the reference of all settings lives, for error texts. */
const reference = 'docs/configuration.md';

/** Every variable that is wrong, with its value and what would be right. */
export class InvalidSettings extends Error {
  override readonly name = 'InvalidSettings';
}

/**
 * Reads the variables that the schema names; an empty one counts as not set. Throws `InvalidSettings` that lists every
 * wrong variable at once: name, value, what is expected, and where it is explained.
 */
export function readSettings<Schema extends SettingsSchema>(
  schema: Schema,
  env: Record<string, string | undefined>,
): Static<Schema> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.properties)) {
    const text = env[name]?.trim();
    if (text !== undefined && text !== '') given[name] = text;
  }
  const validator = Compile(schema);
  const candidate = validator.Default(withNumbersOnly(given, validator.Convert({ ...given })));
  if (isSettings(schema, validator, candidate)) return candidate;
  const lines = validator.Errors(candidate).map((error) => {
    if (error.keyword === 'required') return `${error.params.requiredProperties.join(', ')} is required`;
    const name = error.instancePath.slice(1).split('/')[0] ?? '';
    const shown = isSecret(schema.properties[name]) ? '(secret)' : JSON.stringify(withoutPasswords(env[name] ?? ''));
    const expected =
      error.keyword === 'enum'
        ? `must be one of ${error.params.allowedValues.join(', ')}`
        : (expectedOf(schema.properties[name]) ?? error.message);
    return `${name}=${shown} ${expected} (${descriptionOf(schema.properties[name])})`;
  });
  throw new InvalidSettings(`${lines.join('\n')}\nAll settings: ${reference}`);
}

/** `true` is no number, though the library makes 1 of it: such texts stay texts, which are refused. */
function withNumbersOnly(given: Record<string, string>, converted: unknown): unknown {
  const mistaken = Object.entries(Object(converted)).filter(
    ([name, value]) => typeof value === 'number' && Number(given[name]) !== value,
  );
  return { ...Object(converted), ...Object.fromEntries(mistaken.map(([name]) => [name, given[name]])) };
}

/** For a main module: ends the process with code 2 and the list of what is wrong, instead of a stack. */
export function settingsOrExit<Settings>(read: () => Settings): Settings {
  try {
    return read();
  } catch (err) {
    return exitIfInvalid(err);
  }
}

/** The same for what is found out later: a setting whose text cannot be used. Other errors are thrown on. */
export function exitIfInvalid(err: unknown): never {
  if (!(err instanceof InvalidSettings)) throw err;
  process.stderr.write(`${err.message}\n`);
  process.exit(2);
}

/** What a schema says itself of values that its pattern allows. */
function expectedOf(schema: TSchema | undefined): string | null {
  return schema && 'expected' in schema && typeof schema.expected === 'string' ? schema.expected : null;
}

function isSettings<Schema extends SettingsSchema>(
  _: Schema,
  validator: { Check(value: unknown): boolean },
  value: unknown,
): value is Static<Schema> {
  return validator.Check(value);
}

/**
 * All settings as they may be shown in a log: secrets masked, passwords in URLs too. What is not set is null, an empty
 * secret is empty: whether one has arrived can be read.
 */
export function maskSettings(schema: SettingsSchema, settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys({ ...schema.properties, ...settings }).map((name) => {
      const value = settings[name] ?? null;
      if (isSecret(schema.properties[name])) return [name, value === null || value === '' ? value : '(secret)'];
      return [name, typeof value === 'string' ? withoutQueries(withoutPasswords(value)) : value];
    }),
  );
}

/** What stands before the last `@` of a host is a password. */
function withoutPasswords(text: string): string {
  return text.replace(/(:?\/\/[^:@/\s]*):[^/\s]*@/g, '$1:(secret)@');
}

/** A query may have anything in it. */
function withoutQueries(text: string): string {
  return text.replace(/(:\/\/[^?\s]*)\?[^\s,]*/g, '$1?(secret)');
}

export type SettingReference = { name: string; type: string; default: string; description: string; secret: boolean };

/** One row per setting, for the generated reference. */
export function describeSettings(schema: SettingsSchema): SettingReference[] {
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    default: 'default' in property ? String(property.default) : '',
    description: descriptionOf(property),
    secret: isSecret(property),
  }));
}

function typeOf(property: TSchema): string {
  if ('enum' in property && Array.isArray(property.enum)) return property.enum.join(' | ');
  return 'type' in property ? String(property.type) : 'string';
}

function descriptionOf(property: TSchema | undefined): string {
  return property && 'description' in property ? String(property.description) : '';
}

function isSecret(property: TSchema | undefined): boolean {
  return property !== undefined && 'secret' in property && property.secret === true;
}

/** Runs what makes something of the named setting's text; its error is that of an invalid setting. */
export function usable<Value>(name: string, make: () => Value): Value {
  try {
    return make();
  } catch (err) {
    const reason = typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : String(err);
    throw new InvalidSettings(reason.startsWith(name) ? reason : `${name}: ${reason}`);
  }
}

/** `redis://`, `rediss://`, or the absolute path of a unix socket. */
export const redisUrlPattern = '^(rediss?://.+|/.+)$';

/** What does not fit the pattern is told so. */
export const redisUrlExpected = 'must be redis://…, rediss://… or the absolute path of a socket';

/** Longest time that a timer of Node.js waits: one that is to wait longer ends at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** Settings that every process has. */
export const processSettings = {
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'How much is logged',
  }),
  SHUTDOWN_MS: Type.Integer({
    default: 8000,
    minimum: 100,
    maximum: longestTimerMs,
    description: 'Longest time from SIGTERM to exit, in milliseconds',
  }),
};
