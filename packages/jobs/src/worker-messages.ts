/** What is published to all workers about jobs that one of them may hold. */
import { keysOf, type RedisConnection, subscribe } from '@tintype/redis';

export type WorkerMessage =
  | { kind: 'cancel'; id: string }
  /** A job has been parked behind the leader of a flight, whose worker this is. */
  | { kind: 'followed'; flight: string; worker: string };

/** Texts are the kind and what it is about, with a space between. Listens over a connection of its own. A message that is lost in an outage costs time, never a job. */
export function listenToWorkerMessages(
  redis: RedisConnection,
  shard: number,
  onMessage: (message: WorkerMessage) => void,
): { close(): Promise<void> } {
  return subscribe(redis, keysOf(shard).workerMessages, (text) => {
    const [kind, subject = '', worker = ''] = text.split(' ');
    if (kind === 'cancel') onMessage({ kind, id: subject });
    if (kind === 'followed') onMessage({ kind, flight: subject, worker });
  });
}
