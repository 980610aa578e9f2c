/** The library of `npm start`: a private PostgreSQL, or the one that DATABASE_URL names, and a port for the search service. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, ServerUnavailable, startPrivatePostgres } from '@tintype/embedded';
import type { LocalSettings } from './config.ts';

export type Library = {
  /** Settings of the search service; null where none is started. Nobody else gets to know the database. */
  searchEnv: Record<string, string> | null;
  apiEnv: Record<string, string>;
  /** Ends the private server, if there is one. */
  stop(): Promise<void>;
  /** What the table says of it. */
  words: string;
};

const host = '127.0.0.1';
const nothing = async () => undefined;

/** Where no PostgreSQL can be had there is no library, and everything else works. */
export async function openLibrary(settings: LocalSettings): Promise<Library> {
  const { searchUrl, databaseUrl, DATA_DIR } = settings;
  if (searchUrl !== undefined) {
    return { searchEnv: null, apiEnv: { SEARCH_URL: searchUrl }, stop: nothing, words: 'SEARCH_URL' };
  }
  if (databaseUrl !== undefined) return withSearch(settings, databaseUrl, { stop: nothing, words: 'DATABASE_URL' });
  try {
    const { url, version, stop } = await keepPostgres(`${DATA_DIR}/postgres`);
    const words = `PostgreSQL embedded, ${version}, private socket`;
    return await withSearch(settings, url, { stop, words });
  } catch (err) {
    if (!(err instanceof ServerUnavailable)) throw err;
    return { searchEnv: null, apiEnv: {}, stop: nothing, words: `off: ${err.message}` };
  }
}

async function withSearch(
  { searchToken, logLevel = 'info' }: LocalSettings,
  databaseUrl: string,
  server: Pick<Library, 'stop' | 'words'>,
): Promise<Library> {
  const port = await freePort();
  // Other users of this machine reach the port as well.
  const token = searchToken ?? randomBytes(24).toString('base64url');
  return {
    searchEnv: {
      DATABASE_URL: databaseUrl,
      SEARCH_HOST: host,
      SEARCH_PORT: String(port),
      SEARCH_TOKEN: token,
      LOG_LEVEL: logLevel,
    },
    apiEnv: { SEARCH_URL: `http://${host}:${port}`, SEARCH_TOKEN: token },
    ...server,
  };
}

const restartDelayMs = 1000;

/** Starts it anew whenever it ends by itself: pictures are made meanwhile. */
async function keepPostgres(dataDir: string): Promise<Pick<EmbeddedPostgres, 'url' | 'version' | 'stop'>> {
  let isStopped = false;
  const startAnew = async (): Promise<void> => {
    console.error('The private PostgreSQL ended; starting it again.');
    await sleep(restartDelayMs);
    if (!isStopped) await server.restart();
  };
  const onExit = () => {
    if (isStopped) return;
    startAnew().catch((err) => console.error(err instanceof Error ? err.message : err));
  };
  const server = await startPrivatePostgres({ dataDir, onExit, onProgress: console.log });
  return {
    url: server.url,
    version: server.version,
    async stop() {
      isStopped = true;
      await server.stop();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
