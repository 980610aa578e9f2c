/** A thread without native code: it makes small pictures of JPEGs, and scans the structure of large files. */
import { parentPort, workerData } from 'node:worker_threads';
import { createDescribingReducer, type DescribedReduction, scanStructure } from '@tintype/picture/reduced';
import {
  type ThreadData,
  type ThreadMessage,
  type ThreadReply,
  type ThreadTask,
  threadSteps,
} from './thread-messages.ts';

const reduce = createDescribingReducer();
const { step }: ThreadData = workerData;
let parts: { bytes: Uint8Array<ArrayBuffer>; length: number } | null = null;

function take(part: Uint8Array<ArrayBuffer>, totalBytes: number): void {
  parts ??= { bytes: new Uint8Array(totalBytes), length: 0 };
  parts.bytes.set(part, parts.length);
  parts.length += part.length;
  free(part.buffer);
}

/** A thread that waits for its next file does not look for what nobody needs: large memory is given back at once. */
function free(buffer: ArrayBuffer): void {
  buffer.transfer(0);
}

function work(task: ThreadTask, bytes: Uint8Array): ThreadReply {
  if (task.kind === 'scan') return { kind: 'scanned', verdict: scanStructure(bytes, task.format, task.maxSteps) };
  const reduced = reduce(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), task.reduction, (name) => {
    Atomics.store(step, 0, threadSteps.indexOf(name));
  });
  return { kind: 'reduced', reduced };
}

/** Pixels may be megabytes: they are handed over, not copied. */
function pixelsOf(reduced: DescribedReduction | null): ArrayBuffer[] {
  const buffers = reduced?.renditions.map((made) => ('pixels' in made ? made.pixels.data.buffer : null)) ?? [];
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}

parentPort?.on('message', (message: ThreadMessage) => {
  if (message.kind === 'part') return take(message.part, message.totalBytes);
  const bytes = message.bytes ?? parts?.bytes ?? new Uint8Array();
  parts = null;
  const reply = work(message.task, bytes);
  if (bytes.buffer instanceof ArrayBuffer) free(bytes.buffer);
  parentPort?.postMessage(reply, reply.kind === 'reduced' ? pixelsOf(reply.reduced) : []);
});
