/** A peer with a queue: a Redis like ours, an API, worker processes, and answers of one kind. */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { startRedis } from '@tintype/embedded';
import { freePort, makeTestFolder } from '@tintype/testkit';
import type { Contestant, ContestantOptions } from '../contestant.ts';
import type { Answer, Verdict } from '../picture-client.ts';
import { type Served, startServedSide } from '../served-side.ts';
import { createThumbnailClient, transportFailure } from '../thumbnail-client.ts';
import { startPeerServer, untilAnswering } from './peer-process.ts';

export type QueuedPeer = {
  /** Command of the API, which answers as ours does: POST, Location, `?wait=`. */
  api(options: { port: number; threads: number }): string[];
  /** Commands of the workers. */
  workers(options: { cores: number }): string[][];
};

/** Threads of the API beyond those in which clients wait. */
const spareThreads = 4;

/**
 * Redis has an append-only file and a unix socket, as ours; everything else is as the peer is shipped, without logs.
 */
export async function startQueuedPeer(peer: QueuedPeer, options: ContestantOptions): Promise<Contestant> {
  const folder = await makeTestFolder();
  const [redis, port] = await Promise.all([startRedis({ dataDir: folder, fsync: 'everysec' }), freePort()]);
  const threads = options.clients + spareThreads;
  const env = { REDIS_SOCKET: redis.url, API_THREADS: String(threads) };
  const commands = [peer.api({ port, threads }), ...peer.workers({ cores: availableParallelism() })];
  const processes = commands.map((command) => startPeerServer(command, env));
  const url = `http://127.0.0.1:${port}`;
  const served: Served = {
    pids: [redis.pid, ...processes.map(({ pid }) => pid)],
    client: createThumbnailClient(url, options.clients),
    judge: judgePeer,
    redis,
    warnings: () => processes.flatMap(({ log }) => log),
    async stop() {
      await Promise.all(processes.map((process) => process.stop()));
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await untilAnswering(`${url}/ready`, processes).catch(async (err) => {
    await served.stop();
    throw err;
  });
  return await startServedSide(served, { ...options, expectsCacheHits: false, tellsItsOwn: false });
}

/** Their answers have what matters in the same places. Never throws. */
export function judgePeer(answer: Answer): Verdict {
  return { failure: transportFailure(answer) ?? contentFailure(answer.body), cacheHit: false, timings: {} };
}

function contentFailure(body: string): string | null {
  const isAsAsked = body.includes('"completed"') && /"width": ?100\b/.test(body) && /"height": ?100\b/.test(body);
  return isAsAsked && /"format": ?"jpeg"/.test(body) ? null : body.slice(0, 200);
}
