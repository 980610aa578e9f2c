/** ipx: a picture per request, made while the client waits; no queue, no colours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@tintype/contracts';
import { freePort } from '@tintype/testkit';
import sharp from 'sharp';
import { Pool } from 'undici';
import { PackageFile } from '../machine.ts';
import type { Answer, PictureClient, Verdict } from '../picture-client.ts';
import { startServedSide } from '../served-side.ts';
import type { Peer } from './peer.ts';
import { peersFolder, startPeerServer, untilAnswering } from './peer-process.ts';

const modifiers = 'fit_cover,f_jpeg,q_80,s_100x100';

export const ipx: Peer = {
  name: 'ipx',
  async look() {
    const version = installedVersion('ipx');
    if (version === null) return { missing: ['ipx'], install: 'npm install --prefix bench/peers' };
    return { versions: { ipx: version, 'sharp (of ipx)': installedVersion('sharp') ?? 'unknown' } };
  },
  async start(options) {
    const server = await launch(options.originHost);
    const served = {
      pids: [server.pid],
      client: createIpxClient(server.url, options.clients),
      judge: judgeFile,
      redis: null,
      warnings: () => server.log,
      stop: server.stop,
    };
    return await startServedSide(served, { ...options, expectsCacheHits: false, tellsItsOwn: false });
  },
};

async function launch(originHost: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = startPeerServer([process.execPath, 'ipx-server.mjs', String(port), `http://${originHost}`]);
  await untilAnswering(`${url}/`, [server]);
  return { url, ...server };
}

/** Null where it is not installed. */
export async function startIpxServer(originHost: string): Promise<Awaited<ReturnType<typeof launch>> | null> {
  return installedVersion('ipx') === null ? null : launch(originHost);
}

/** Where it has a source's thumbnail. */
export function ipxPath(source: string): string {
  return `/${modifiers}/${source}`;
}

function createIpxClient(url: string, connections: number): PictureClient {
  const pool = new Pool(url, { connections, pipelining: 1 });
  return {
    async make(source) {
      const startMs = performance.now();
      const answered = (httpStatus: number, body: string): Answer => {
        return { ms: performance.now() - startMs, httpStatus, body, ended: true };
      };
      try {
        const { statusCode, body } = await pool.request({ method: 'GET', path: ipxPath(source) });
        return answered(statusCode, Buffer.from(await body.arrayBuffer()).toString('latin1'));
      } catch (err) {
        return answered(0, String(err));
      }
    },
    close: () => pool.close(),
  };
}

async function judgeFile({ httpStatus, body }: Answer): Promise<Verdict> {
  const failed = (failure: string): Verdict => ({ failure, cacheHit: false, timings: {} });
  if (httpStatus !== 200) return failed(`HTTP ${httpStatus}: ${body.slice(0, 200)}`);
  const { width, height, format } = await sharp(Buffer.from(body, 'latin1')).metadata();
  const isAsAsked = width === 100 && height === 100 && format === 'jpeg';
  return isAsAsked ? { failure: null, cacheHit: false, timings: {} } : failed(`${width} × ${height} ${format}`);
}

/** Null when it is not there. */
function installedVersion(name: string): string | null {
  try {
    const file = join(peersFolder, 'node_modules', name, 'package.json');
    return parse(PackageFile, JSON.parse(readFileSync(file, 'utf8'))).version;
  } catch {
    return null;
  }
}
