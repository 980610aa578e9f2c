/** FastAPI, Celery with its forked workers, Pillow. */
import type { Peer } from './peer.ts';
import { lookForModules, python } from './python.ts';
import { startQueuedPeer } from './queued-peer.ts';

export const celery: Peer = {
  name: 'celery',
  look: () => lookForModules(['celery', 'fastapi', 'uvicorn', 'redis', 'requests', 'PIL']),
  start: (options) =>
    startQueuedPeer(
      {
        api: ({ port }) => [
          ...[...python, '-m', 'uvicorn', 'celery_api:api', '--port', String(port)],
          ...['--log-level', 'error', '--no-access-log', '--timeout-keep-alive', '120'],
        ],
        workers: ({ cores }) => [
          [
            ...[...python, '-m', 'celery', '--app', 'celery_tasks', '--quiet', 'worker', '--loglevel', 'ERROR'],
            ...['--pool', 'prefork', '--concurrency', String(cores)],
            ...['--without-gossip', '--without-mingle', '--without-heartbeat'],
          ],
        ],
      },
      options,
    ),
};
