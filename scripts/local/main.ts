/** Runs the whole of Tintype on this machine: a private Redis, the API and workers, and one table that says where. */
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { apiScopes } from '@tintype/contracts';
import { type EmbeddedRedis, ServerNotStarted, ServerUnavailable, startRedis } from '@tintype/embedded';
import { InvalidSettings } from '@tintype/runtime';
import { makeFolder } from '@tintype/storage';
import { type LocalSettings, readConfig, type ServiceKind } from './config.ts';
import { type Library, openLibrary } from './library.ts';
import { localAdminKey } from './local-key.ts';
import { redisTrouble } from './redis-trouble.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { startTable } from './start-table.ts';

/** After this time a start is slow enough to say so. */
const slowStartMs = 8000;
/**
 * glibc's allocator keeps memory for each thread: with two arenas a worker keeps less. Files of many megabytes go back
 * to the system as soon as they are let go; left to itself, glibc keeps ever larger ones.
 */
const allocator = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };
/** Its key sees what everybody made while no keys were asked for. */
const localTenant = 'default';

const windowsWarning =
  'Windows itself was not tried, and large or odd pictures fail there. WSL 2 and Docker do everything: docs/platforms.md';

const stopSteps: (() => Promise<unknown>)[] = [];
let stopping = false;

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (exitCode === 0) console.log('Stopping …');
  for (const step of stopSteps.reverse()) await step();
  process.exit(exitCode);
}

process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));
process.once('disconnect', () => void stop(0));

/** Rejects with a sentence when the port is taken, before anything else is started. */
async function requireFreePort({ host, port }: LocalSettings): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (err: NodeJS.ErrnoException) => {
      const inUse = `Port ${port} is in use. Choose another: PORT=${port + 1} npm start`;
      reject(
        new InvalidSettings(
          err.code === 'EADDRINUSE' ? inUse : `HOST=${host} PORT=${port} cannot be listened on (${err.code}).`,
        ),
      );
    });
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** Rejects with a sentence when it cannot be made or written into. */
async function makeDataFolder(dataDir: string): Promise<void> {
  const probe = `${dataDir}/logs/.writable`;
  try {
    makeFolder(`${dataDir}/logs`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (err) {
    const reason = err instanceof Error && 'code' in err ? err.code : err;
    throw new InvalidSettings(
      `DATA_DIR=${dataDir} cannot be written (${reason}). Choose another: DATA_DIR=… npm start`,
    );
  }
}

async function openRedis(settings: LocalSettings): Promise<{ url: string; embedded: EmbeddedRedis | null }> {
  if (settings.redisUrl !== undefined) return { url: settings.redisUrl, embedded: null };
  const embedded = await startRedis({
    dataDir: `${settings.DATA_DIR}/redis`,
    fsync: settings.REDIS_FSYNC,
    onProgress: console.log,
    onExit: () => {
      if (stopping) return;
      console.error('The private Redis ended unexpectedly.');
      void stop(1);
    },
  });
  stopSteps.push(() => embedded.stop());
  return { url: embedded.url, embedded };
}

async function startLibrary(settings: LocalSettings): Promise<Library> {
  const library = await openLibrary(settings);
  stopSteps.push(library.stop);
  return library;
}

type Surroundings = { port: number; redisUrl: string; apiKeys: string; library: Library };

function startServices(settings: LocalSettings, { port, redisUrl, apiKeys, library }: Surroundings): ServiceProcess[] {
  const shared = { REDIS_URL: redisUrl, STORAGE: settings.storage, LOG_LEVEL: settings.logLevel ?? 'info' };
  // Workers may fetch the samples of this API, and nothing else that is private.
  const fetchAllow = [settings.fetchAllow, `localhost:${port}`].filter((entry) => entry !== '').join(',');
  const onStartFailed = (name: string) => {
    console.error(`${name} could not start; its log is in ${settings.DATA_DIR}/logs`);
    void stop(1);
  };
  const start = (name: string, service: ServiceKind, env: Record<string, string>) =>
    startService({
      name,
      service,
      environment: settings.environment,
      env: { ...shared, ...env },
      logFolder: `${settings.DATA_DIR}/logs`,
      onStartFailed,
    });
  const workers = Array.from({ length: settings.WORKERS }, (_, index) =>
    start(`worker-${index + 1}`, 'worker', { FETCH_ALLOW: fetchAllow, ...allocator }),
  );
  const search = library.searchEnv === null ? [] : [start('search', 'search', library.searchEnv)];
  const apiEnv = { HOST: settings.host, PORT: String(port), API_KEYS: apiKeys, ...library.apiEnv };
  return [...workers, ...search, start('api', 'api', apiEnv)];
}

async function main(): Promise<void> {
  const settings = readConfig();
  for (const warning of settings.warnings) console.error(warning);
  if (process.platform === 'win32') console.error(windowsWarning);
  const port = await requireFreePort(settings);
  await makeDataFolder(settings.DATA_DIR);
  const sayTrouble = async () => {
    const trouble = settings.redisUrl === undefined ? null : await redisTrouble(settings.redisUrl);
    if (trouble !== null) console.error(trouble);
  };
  void sayTrouble();
  const [redis, library] = await Promise.all([openRedis(settings), startLibrary(settings)]);
  const adminKey = settings.apiKeys === '' ? await localAdminKey(settings.DATA_DIR) : null;
  const apiKeys = adminKey === null ? settings.apiKeys : `local:${adminKey}:${apiScopes.join('+')}:${localTenant}`;
  const services = startServices(settings, { port, redisUrl: redis.url, apiKeys, library });
  stopSteps.push(() => Promise.all(services.map((service) => service.stop())));
  const slowStart = setTimeout(() => {
    console.log(`Still starting; the logs are in ${settings.DATA_DIR}/logs.`);
    void sayTrouble();
  }, slowStartMs);
  await Promise.all(services.map((service) => service.ready));
  clearTimeout(slowStart);
  const { host, auth, DATA_DIR: dataDir, WORKERS: workers } = settings;
  console.log(startTable({ host, port, auth, adminKey, dataDir, workers, redis: redis.embedded, library }));
}

main().catch(async (err) => {
  const expected = [InvalidSettings, ServerUnavailable, ServerNotStarted].some((kind) => err instanceof kind);
  console.error(expected ? err.message : err);
  await stop(1);
});
