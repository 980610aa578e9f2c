/** A Redis and a folder for files on which a test starts the services that it wants, one by one. */
import { rm } from 'node:fs/promises';
import { type EmbeddedRedis, startRedis } from '@tintype/embedded';
import { connectWorker, disconnect, type RedisConnection } from '@tintype/redis';
import { freePort, makeTestFolder, type ServiceOptions, type ServiceUnderTest, startService } from '@tintype/testkit';
import { until } from './watched-calls.ts';

export type ServiceStart = ServiceOptions & { env?: Record<string, string> };

export type OwnServices = {
  server: EmbeddedRedis;
  /** A connection for the test itself. */
  redis: RedisConnection;
  dataDir: string;
  /** `port`: that of an API which is gone, for its successor. */
  startApi(start?: ServiceStart & { port?: number }): Promise<ApiService>;
  startWorker(start?: ServiceStart): Promise<ServiceUnderTest>;
  startSearch(start?: ServiceStart): Promise<ServiceUnderTest>;
  /** Ends a service as an operator does, and resolves with its exit code. */
  end(service: ServiceUnderTest): Promise<number | null>;
  /** Ends what still runs, and removes everything. */
  stop(): Promise<void>;
};

export type ApiService = ServiceUnderTest & { url: string; port: number };

/** `env` is for all of them. */
export async function openOwnServices(env: Record<string, string> = {}): Promise<OwnServices> {
  const dataDir = await makeTestFolder();
  const server = await startRedis({ dataDir: `${dataDir}/redis` });
  const redis = connectWorker(server.url);
  const shared = { REDIS_URL: server.url, STORAGE: `disk:${dataDir}/blobs`, NODE_ENV: 'test', ...env };
  const running = new Set<ServiceUnderTest>();
  const started = <Service extends ServiceUnderTest>(service: Service): Service => {
    running.add(service);
    void service.exited.then(() => running.delete(service));
    return service;
  };
  const end = (service: ServiceUnderTest) => {
    service.kill('SIGTERM');
    return service.exited;
  };
  return {
    server,
    redis,
    dataDir,
    async startApi({ port: wanted, env: own, ...options } = {}) {
      const port = wanted ?? (await freePort());
      const service = await startService('api', { ...shared, PORT: String(port), ...own }, options);
      const api = started({ ...service, port, url: `http://localhost:${port}` });
      // It listens before it has reached Redis; whoever sends requests to it waits for this.
      await until('the API is ready', async () => (await fetch(`${api.url}/readyz`)).status === 200);
      return api;
    },
    startWorker: async ({ env: own, ...options } = {}) =>
      started(await startService('worker', { ...shared, ...own }, options)),
    startSearch: async ({ env: own, ...options } = {}) =>
      started(await startService('search', { NODE_ENV: 'test', ...own }, options)),
    end,
    async stop() {
      await Promise.all([...running].map(end));
      await disconnect(redis);
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
