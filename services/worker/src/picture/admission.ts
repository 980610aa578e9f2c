/** What pictures that are made at once may take of a worker: slots, memory, processors; each budget fair by tenant. */
import type { MadePicture } from '@tintype/picture';
import { createSemaphore, type Pass, type Semaphore, type Waiter } from '../semaphore.ts';
import { reservedSlots } from '../thread-pool.ts';

export type AdmissionOptions = {
  /** Quick pictures at once, whatever is done with them. */
  concurrency: number;
  /** Long ones at once, here or in children. */
  longPictures: number;
  /** What all decodes of this worker together may hold in bytes, its children's too. */
  memory: Semaphore;
};

/** A way's share: bytes of this process, and of all decodes. */
export type Share = { bytesHere: number; bytes: number };

/** A picture whose bytes count until they are released; doing that twice changes nothing. */
export type HeldPicture = MadePicture & { release(): void };

/** Quick pictures, or long ones: neither waits for the other. */
export type Lane = {
  slots: Semaphore;
  /**
   * Makes a picture when there is memory for it, and keeps what its thumbnails take. Null when none came of it; throws
   * what `make` does, or the signal's reason.
   */
  hold(waiter: Waiter, share: Share, make: () => Promise<MadePicture | null>): Promise<HeldPicture | null>;
};

export type Admission = {
  quick: Lane;
  long: Lane;
  suspects: Lane;
};

/**
 * What one picture may hold in this process, and what long ones may together. It bounds the time of a decode as well:
 * what libvips cannot be stopped in, it holds whole, and this much of it takes half a second at most
 * (docs/decisions/0010-disposable-child.md).
 */
export const maxBytesHere = 64 * 1024 * 1024;
/** The same of quick ones: what holds more counts as long. */
export const maxQuickBytesHere = 48 * 1024 * 1024;
/** What quick pictures hold here together, for each slot. A process that has once grown seldom gives memory back. */
const bytesPerSlotHere = 12 * 1024 * 1024;
/** Of each lane, for tenants that have nothing in it. */
const reservedBytesHere = 16 * 1024 * 1024;
/** Suspects at once. Each is alone in its process: when that dies, there is nobody else to blame. */
const suspectsAtOnce = 2;
/** Answers and thumbnails of less wait for nobody. */
const smallBytes = 256 * 1024;

export function createAdmission({ concurrency, longPictures, memory }: AdmissionOptions): Admission {
  const slotsOf = (capacity: number) => createSemaphore({ capacity, reserve: reservedSlots });
  const quickBytes = Math.max(maxQuickBytesHere, concurrency * bytesPerSlotHere);
  const memoryOfQuick = createSemaphore({ capacity: quickBytes, reserve: reservedBytesHere });
  const memoryOfLong = createSemaphore({ capacity: maxBytesHere, reserve: reservedBytesHere });
  return {
    quick: { slots: slotsOf(concurrency), hold: holder(memoryOfQuick, memory) },
    long: { slots: slotsOf(longPictures), hold: holder(memoryOfLong, memory) },
    suspects: { slots: slotsOf(suspectsAtOnce), hold: holder(memoryOfLong, memory) },
  };
}

/** The worker's own memory first, then that of all decodes: always in this order, or two could wait for each other. */
function holder(memoryHere: Semaphore, memory: Semaphore): Lane['hold'] {
  return async (waiter, { bytesHere, bytes }, make) => {
    const pass = bytesHere > smallBytes ? await memoryHere.enter(waiter, { weight: bytesHere }) : null;
    try {
      const made = await memory.run(waiter, make, bytes);
      if (made) return keepOutput(made, pass);
      pass?.leave();
      return null;
    } catch (err) {
      pass?.leave();
      throw err;
    }
  };
}

function keepOutput(made: MadePicture, pass: Pass | null): HeldPicture {
  const outputBytes = made.renditions.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (outputBytes > smallBytes) pass?.shrinkTo(outputBytes);
  else pass?.leave();
  return { ...made, release: () => pass?.leave() };
}
