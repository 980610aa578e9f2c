/** Flask, RQ, Pillow: with the worker as it is shipped, which forks a process per job, and with one that does not. */
import type { Peer } from './peer.ts';
import { lookForModules, python } from './python.ts';
import { startQueuedPeer } from './queued-peer.ts';

export const rq: Peer = rqPeer('rq', 'Worker');
export const rqSimple: Peer = rqPeer('rq-simple', 'SimpleWorker');

function rqPeer(name: 'rq' | 'rq-simple', worker: 'Worker' | 'SimpleWorker'): Peer {
  return {
    name,
    look: () => lookForModules(['rq', 'flask', 'gunicorn', 'redis', 'requests', 'PIL']),
    start: (options) =>
      startQueuedPeer(
        {
          api: ({ port, threads }) => [
            ...[...python, '-m', 'gunicorn', 'rq_api:api', '--bind', `127.0.0.1:${port}`, '--log-level', 'error'],
            ...['--worker-class', 'gthread', '--threads', String(threads), '--keep-alive', '120'],
          ],
          workers: ({ cores }) => Array.from({ length: cores }, () => [...python, 'rq_worker.py', worker]),
        },
        options,
      ),
  };
}
