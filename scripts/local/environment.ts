/** The environment of `npm start`, with the settings of a file (.env) under it. */
import { existsSync, readFileSync } from 'node:fs';
import { misspeltSettings } from '@tintype/contracts';
import { InvalidSettings } from '@tintype/runtime';
import { parseEnvFile } from './env-file.ts';

export type Environment = Record<string, string | undefined>;

/** The file that is read when no other is named. */
export const usualEnvFile = '.env';

const reference = 'All settings: docs/configuration.md';

/**
 * The variables of the file, with those of the environment on top. In the file a name that is nearly one of the settings
 * is an error, since nobody else writes there. Throws `InvalidSettings`; the usual file may be missing.
 */
export function withEnvFile(env: Environment, settings: readonly string[]): Environment {
  const path = env.ENV_FILE || usualEnvFile;
  if (env.ENV_FILE === undefined && !existsSync(path)) return env;
  const given = parseEnvFile(path, readEnvFile(path));
  const misspelt = misspeltSettings(Object.keys(given), settings);
  if (misspelt.length > 0) {
    const lines = misspelt.map(({ name, meant }) => `${path}: ${name} is not a setting; did you mean ${meant}?`);
    throw new InvalidSettings([...lines, reference].join('\n'));
  }
  return { ...given, ...env };
}

function readEnvFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (err) {
    const code = typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : String(err);
    throw new InvalidSettings(`${path} cannot be read (${code}).`);
  }
}

/** A line for each variable of the environment that is nearly a setting; others than we may have put it there. */
export function environmentWarnings(env: Environment, settings: readonly string[]): string[] {
  return misspeltSettings(Object.keys(env), settings).map(
    ({ name, meant }) => `The variable ${name} is not a setting, and is left alone; did you mean ${meant}?`,
  );
}
