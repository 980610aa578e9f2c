/** Settings of `npm start` itself; all others go through to the services. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { readSettings } from '@tintype/runtime';
import Type, { type Static } from 'typebox';

const mostWorkersByDefault = 4;

export const localSettings = Type.Object({
  DATA_DIR: Type.String({ default: '.data', description: 'Where `npm start` keeps Redis, files and logs' }),
  WORKERS: Type.Integer({
    default: Math.min(availableParallelism(), mostWorkersByDefault),
    minimum: 1,
    maximum: 64,
    description: 'Worker processes of `npm start` (one per core, at most 4)',
  }),
});

export type LocalSettings = Static<typeof localSettings> & {
  host: string;
  port: number;
  redisUrl: string | undefined;
  fetchAllow: string;
  storage: string;
  logLevel: string | undefined;
};

/** The environment, with what the services need to know of each other. */
export function readConfig(): LocalSettings {
  const { env } = process;
  const settings = readSettings(localSettings, env);
  const dataDir = resolve(settings.DATA_DIR);
  return {
    ...settings,
    DATA_DIR: dataDir,
    host: env.HOST || '127.0.0.1',
    port: Number(env.PORT || 3000),
    redisUrl: env.REDIS_URL || undefined,
    fetchAllow: env.FETCH_ALLOW ?? '',
    storage: env.STORAGE || `disk:${dataDir}/blobs`,
    logLevel: env.LOG_LEVEL || undefined,
  };
}

/** What a child process inherits, with our changes on top. */
export function childEnvironment(changes: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}
