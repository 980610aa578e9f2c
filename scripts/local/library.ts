/** The library of `npm start`: a private PostgreSQL, or the one that DATABASE_URL names, and a port for the search service. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { type EmbeddedPostgres, ServerUnavailable, startPrivatePostgres } from '@tintype/embedded';
import type { LocalSettings } from './config.ts';

export type Library = {
  /** Settings of the search service; null where none is started. Nobody else gets to know the database. */
  searchEnv: Record<string, string> | null;
  apiEnv: Record<string, string>;
  /** The private server; null where there is none. */
  embedded: EmbeddedPostgres | null;
  /** What the table says of it. */
  words: string;
};

export type LibraryOptions = { onExit: () => void };

const host = '127.0.0.1';

/** Where no PostgreSQL can be had there is no library, and everything else works. */
export async function openLibrary(settings: LocalSettings, { onExit }: LibraryOptions): Promise<Library> {
  const { searchUrl, databaseUrl, DATA_DIR } = settings;
  if (searchUrl !== undefined) {
    return { searchEnv: null, apiEnv: { SEARCH_URL: searchUrl }, embedded: null, words: 'SEARCH_URL' };
  }
  if (databaseUrl !== undefined) return withSearch(settings, databaseUrl, null, 'DATABASE_URL');
  try {
    const dataDir = `${DATA_DIR}/postgres`;
    const embedded = await startPrivatePostgres({ dataDir, onExit, onProgress: console.log });
    return await withSearch(
      settings,
      embedded.url,
      embedded,
      `PostgreSQL embedded, ${embedded.version}, private socket`,
    );
  } catch (err) {
    if (!(err instanceof ServerUnavailable)) throw err;
    return { searchEnv: null, apiEnv: {}, embedded: null, words: `off: ${err.message}` };
  }
}

async function withSearch(
  { searchToken, logLevel = 'info' }: LocalSettings,
  databaseUrl: string,
  embedded: EmbeddedPostgres | null,
  words: string,
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
    embedded,
    words,
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
