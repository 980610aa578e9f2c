/** What is published to all workers about jobs that one of them may hold. */
import { type Shard, subscribe } from '@tintype/redis';

export type WorkerMessage =
  | { kind: 'cancel'; id: string }
  /** A job waits for the leader of a shared download, whose worker this is. */
  | { kind: 'followed'; download: string; worker: string };

/**
 * Texts are the kind and what it is about, with a space between. Listens over a connection of its own. A message that
 * is lost in an outage costs time, never a job.
 */
export function listenToWorkerMessages(
  { redis, keys }: Shard,
  onMessage: (message: WorkerMessage) => void,
): { close(): Promise<void> } {
  return subscribe(redis, keys.workerMessages, (text) => {
    const [kind, subject = '', worker = ''] = text.split(' ');
    if (kind === 'cancel') onMessage({ kind, id: subject });
    if (kind === 'followed') onMessage({ kind, download: subject, worker });
  });
}
