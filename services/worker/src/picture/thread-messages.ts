/** What a worker's loop and its threads say to each other. */
import type {
  DescribedReduction,
  PictureStep,
  Reduction,
  ScannedFormat,
  StructureVerdict,
} from '@tintype/picture/reduced';

/** What is to be done with a file. */
export type ThreadTask =
  | { kind: 'reduce'; reduction: Reduction }
  | { kind: 'scan'; format: ScannedFormat; maxSteps: number };

/** A file comes with its task, or before it in parts. */
export type ThreadMessage =
  | { kind: 'part'; part: Uint8Array<ArrayBuffer>; totalBytes: number }
  | { kind: 'task'; task: ThreadTask; bytes: Uint8Array | null };

export type ThreadReply =
  /** Null when libvips must have a look at the file. */
  { kind: 'reduced'; reduced: DescribedReduction | null } | { kind: 'scanned'; verdict: StructureVerdict };

/** Of a thread: a number that says which step it is at, in memory that both sides see. */
export type ThreadData = { step: Int32Array };

/** By that number. */
export const threadSteps: readonly PictureStep[] = ['decode', 'resize', 'colours'];
