/** The whole service as `npm start` runs it, with what is needed to measure it. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startTintype } from '@tintype/testkit';

export type ServiceOptions = {
  workers: number;
  /** `host:port` of the origin: nothing else that is private may be fetched. */
  originHost: string;
  profileFolder: string | null;
  /** Settings of the API alone. */
  apiEnv?: Record<string, string>;
};

export type RunningService = {
  url: string;
  redis: { url: string; version: string };
  /** Where Redis and the services keep their files. */
  dataDir: string;
  /** Redis, the API and the workers; everything they start is below these. */
  pids: number[];
  /** The same, one by one. */
  processes: { redis: number; api: number; workers: number[] };
  /** What the services logged at `warn` and above, and what Node itself had to say. */
  warnings(): string[];
  stop(): Promise<void>;
};

/** Every development start says so. */
const expectedWarning = 'AUTH is off';

/** A Redis with an append-only file on a unix socket, one API, workers; guards, limits and durability as always. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { workers, originHost, profileFolder, apiEnv = {} } = options;
  const tintype = await startTintype({
    workers,
    env: { LOG_LEVEL: 'warn' },
    apiEnv: { ...apiEnv, ...(await profileSettings(profileFolder, 'api')) },
    workerEnv: { FETCH_ALLOW: originHost, ...(await profileSettings(profileFolder, 'worker')) },
  });
  const { redis, api, workers: started, dataDir } = tintype;
  return {
    url: tintype.url,
    redis,
    dataDir,
    pids: [redis.pid, api.pid, ...started.map(({ pid }) => pid)],
    processes: { redis: redis.pid, api: api.pid, workers: started.map(({ pid }) => pid) },
    warnings: () => withoutExpected([api, ...started].flatMap(({ log }) => log)),
    stop: tintype.stop,
  };
}

/** What a service has said, less what every development start says. */
export function withoutExpected(log: readonly string[]): string[] {
  return log.filter((line) => !line.includes(expectedWarning));
}

/** Node writes the profile when the process ends. */
export async function profileSettings(folder: string | null, service: string): Promise<Record<string, string>> {
  if (folder === null) return {};
  const path = join(resolve(folder), service);
  await mkdir(path, { recursive: true });
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${path}` };
}
