/** Settings of `npm start` itself; all others go through to the services. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { apiSettings } from '@tintype/api';
import { readSettings, redisUrlPattern } from '@tintype/runtime';
import { searchSettings } from '@tintype/search/settings';
import { workerSettings } from '@tintype/worker/settings';
import Type, { type Static } from 'typebox';
import { type Environment, environmentWarnings, usualEnvFile, withEnvFile } from './environment.ts';

const mostWorkersByDefault = 4;

export const localSettings = Type.Object({
  DATA_DIR: Type.String({ default: '.data', description: 'Where `npm start` keeps Redis, files and logs' }),
  WORKERS: Type.Integer({
    default: Math.min(availableParallelism(), mostWorkersByDefault),
    minimum: 1,
    maximum: 64,
    description: 'Worker processes of `npm start` (one per core, at most 4)',
  }),
  REDIS_FSYNC: Type.Enum(['always', 'everysec'], {
    default: 'always',
    description:
      'When the Redis of `npm start` and of compose writes to the disk: before it answers, or each second, which a slow disk may want, and which may lose the last two seconds',
  }),
  ENV_FILE: Type.String({
    default: usualEnvFile,
    description:
      'File of settings, `NAME=value` in each line; the environment wins over it. Compose reads `.env` alone',
  }),
});

/** Settings of the services that the launcher has to know too; the services check them once more. */
const { HOST, PORT, AUTH, API_KEYS, LOG_LEVEL } = apiSettings.properties;
const servicesSettings = Type.Object({
  HOST,
  PORT,
  AUTH,
  API_KEYS,
  LOG_LEVEL: Type.Optional(LOG_LEVEL),
  REDIS_URL: Type.Optional(
    Type.String({ pattern: redisUrlPattern, description: 'a Redis to use instead of a private one' }),
  ),
  DATABASE_URL: Type.Optional(Type.String({ description: 'a PostgreSQL to use instead of a private one' })),
  SEARCH_URL: Type.Optional(Type.String({ description: 'a search service to use instead of our own' })),
  SEARCH_TOKEN: Type.Optional(Type.String()),
  FETCH_ALLOW: Type.Optional(Type.String()),
  STORAGE: Type.Optional(Type.String()),
});

export type LocalSettings = Static<typeof localSettings> & {
  host: string;
  port: number;
  redisUrl: string | undefined;
  databaseUrl: string | undefined;
  searchUrl: string | undefined;
  searchToken: string | undefined;
  fetchAllow: string;
  storage: string;
  logLevel: string | undefined;
  auth: string;
  apiKeys: string;
  /** The environment, with what ENV_FILE says besides. */
  environment: Environment;
  /** What in the environment is probably misspelt, in sentences. */
  warnings: string[];
};

/** The environment with the file of settings under it, and what the services need to know of each other. */
export function readConfig(): LocalSettings {
  const names = [localSettings, apiSettings, workerSettings, searchSettings].flatMap(({ properties }) =>
    Object.keys(properties),
  );
  const env = withEnvFile(process.env, names);
  const settings = readSettings(localSettings, env);
  const forServices = readSettings(servicesSettings, env);
  const dataDir = resolve(settings.DATA_DIR);
  return {
    ...settings,
    DATA_DIR: dataDir,
    host: forServices.HOST,
    port: forServices.PORT,
    redisUrl: forServices.REDIS_URL,
    databaseUrl: forServices.DATABASE_URL,
    searchUrl: forServices.SEARCH_URL,
    searchToken: forServices.SEARCH_TOKEN,
    fetchAllow: forServices.FETCH_ALLOW ?? '',
    storage: forServices.STORAGE ?? `disk:${dataDir}/blobs`,
    logLevel: forServices.LOG_LEVEL,
    auth: forServices.AUTH ?? 'off',
    apiKeys: forServices.API_KEYS,
    environment: env,
    warnings: environmentWarnings(process.env, names),
  };
}

/** What Node and the system's libraries read, in whatever program they are. */
const systemVariables = [
  'PATH',
  'TZ',
  'TMPDIR',
  'NODE_OPTIONS',
  'NODE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
];
const settingsOf = { api: apiSettings, worker: workerSettings, search: searchSettings };
export type ServiceKind = keyof typeof settingsOf;

/** All that a service gets of the environment: its own settings, with our changes on top. Secrets of others stay here. */
export function serviceEnvironment(
  service: ServiceKind,
  environment: Environment,
  changes: Record<string, string>,
): Record<string, string> {
  const names = [...systemVariables, ...Object.keys(settingsOf[service].properties)];
  const inherited = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(inherited), ...changes };
}
