/** The search service's settings: the only place where it reads the environment. */
import { type MisspeltSetting, misspeltSettings, SearchTokenSetting } from '@tintype/contracts';
import { processSettings, readSettings } from '@tintype/runtime';
import Type, { type Static } from 'typebox';

export const searchSettings = Type.Object({
  SEARCH_HOST: Type.String({
    default: '127.0.0.1',
    description: 'Address that the search service listens on (`0.0.0.0` in the container)',
  }),
  SEARCH_PORT: Type.Integer({
    default: 3010,
    minimum: 0,
    maximum: 65_535,
    description: 'Port that the search service listens on; 0 picks a free one',
  }),
  SEARCH_TOKEN: SearchTokenSetting,
  DATABASE_URL: Type.String({
    default: 'postgres://127.0.0.1:5432/tintype',
    pattern: '^postgres(ql)?://.+$',
    expected: 'must be postgres://…',
    secret: true,
    description:
      'PostgreSQL of the search service, which owns this database: `postgres://user:password@host:5432/name`',
  }),
  DATABASE_CONNECTIONS: Type.Integer({
    default: 8,
    minimum: 2,
    maximum: 1000,
    description: 'Most connections of a search process to PostgreSQL, besides the one that hears of changes',
  }),
  ...processSettings,
});
export type SearchSettings = Static<typeof searchSettings>;

/** Reads and checks the environment; throws `InvalidSettings`. */
export function readConfig(): SearchSettings {
  return readSettings(searchSettings, process.env);
}

/** Variables that are there and probably were meant to be settings. */
export function readMisspelt(): MisspeltSetting[] {
  return misspeltSettings(Object.keys(process.env), Object.keys(searchSettings.properties));
}

/** The commit of an image, which its build has left there; empty or undefined where there is none. */
export function readBuiltCommit(): string | undefined {
  return process.env.TINTYPE_COMMIT;
}
