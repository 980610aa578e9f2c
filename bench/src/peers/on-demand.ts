/** Peers that make a picture while the client waits: one GET that says what is wanted; no queue, nothing kept. */
import { freePort } from '@tintype/testkit';
import sharp from 'sharp';
import { Pool } from 'undici';
import type { Contestant, ContestantOptions } from '../contestant.ts';
import type { Answer, PictureClient, Verdict } from '../picture-client.ts';
import { startServedSide } from '../served-side.ts';
import type { PeerName } from './names.ts';
import type { Peer } from './peer.ts';
import { startPeerServer, untilAnswering } from './peer-process.ts';

/** A JPEG of quality 80 with this side: of exactly this width and height, or within them. */
export type Wanted = { side: number; fit: 'cover' | 'inside' };

/** How one of them is started and asked. */
export type OnDemandPeer = {
  command(port: number, originHost: string): string[];
  env?(port: number): Record<string, string>;
  /** Answers below 500 once it is ready. */
  readyPath: string;
  /** Where it has this picture of a source. */
  pathOf(source: string, wanted: Wanted): string;
};

export type OnDemandServer = {
  name: PeerName;
  pid: number;
  /** Its scheme, host and port. */
  origin: string;
  pathOf: OnDemandPeer['pathOf'];
  log: string[];
  stop(): Promise<void>;
};

const thumbnail: Wanted = { side: 100, fit: 'cover' };

/** As a contestant, and as a server for suites that ask in their own way. */
export function onDemandPeer(name: PeerName, look: Peer['look'], peer: OnDemandPeer): Peer {
  const serve = (originHost: string) => startServer(name, peer, originHost);
  return { name, look, serve, start: async (options) => startContestant(await serve(options.originHost), options) };
}

async function startServer(name: PeerName, peer: OnDemandPeer, originHost: string): Promise<OnDemandServer> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = startPeerServer(peer.command(port, originHost), peer.env?.(port));
  await untilAnswering(`${origin}${peer.readyPath}`, [server]).catch(async (err) => {
    await server.stop();
    throw err;
  });
  const { pid, log, stop } = server;
  return { name, pid, origin, pathOf: peer.pathOf, log, stop };
}

function startContestant(server: OnDemandServer, options: ContestantOptions): Promise<Contestant> {
  const served = {
    pids: [server.pid],
    client: createClient(server, options.clients),
    judge: judgeFile,
    redis: null,
    warnings: () => server.log,
    stop: server.stop,
  };
  return startServedSide(served, { ...options, expectsCacheHits: false, tellsItsOwn: false });
}

function createClient({ origin, pathOf }: OnDemandServer, connections: number): PictureClient {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  return {
    async make(source) {
      const startMs = performance.now();
      const answered = (httpStatus: number, body: string): Answer => {
        return { ms: performance.now() - startMs, httpStatus, body, ended: true };
      };
      try {
        const { statusCode, body } = await pool.request({ method: 'GET', path: pathOf(source, thumbnail) });
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
