/** The table that `npm start` prints when everything is ready. */
import type { EmbeddedRedis } from '@tintype/embedded';
import type { Library } from './library.ts';

export type StartTableOptions = {
  host: string;
  port: number;
  auth: string;
  /** The key of this machine; null when API_KEYS has others. */
  adminKey: string | null;
  dataDir: string;
  workers: number;
  /** Null when the Redis of REDIS_URL is used. */
  redis: EmbeddedRedis | null;
  library: Pick<Library, 'words'>;
};

export function startTable(options: StartTableOptions): string {
  const { host, port, dataDir, workers, redis, auth, adminKey, library } = options;
  const url = `http://localhost:${port}`;
  const rows: [string, string][] = [
    ['API', `${url}/v1/thumbnails`],
    ['Try it', `${url}/docs`],
    ['OpenAPI', `${url}/openapi.json`],
    ['Health', `${url}/health`],
    ['Workers', `${workers} process${workers === 1 ? '' : 'es'}`],
    ['Redis', redis ? `embedded, ${redis.version}, private socket` : 'as REDIS_URL says'],
    ['Library', library.words],
    ['Data', dataDir],
    ['Auth', auth === 'required' ? 'required: every call needs a key' : `off, on ${host}; AUTH=required turns it on`],
    ['Admin key', adminKey ?? 'as API_KEYS says'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const withKey = auth === 'required' && adminKey !== null ? ` -H 'X-API-Key: ${adminKey}'` : '';
  const call = `  curl -s '${url}/v1/thumbnails?wait=10'${withKey} -H 'content-type: application/json' -d '{"url":"${url}/samples/photo.jpg"}'`;
  return ['', 'Tintype is ready.', '', ...lines, '', call, '', '  Ctrl-C stops everything.', ''].join('\n');
}
