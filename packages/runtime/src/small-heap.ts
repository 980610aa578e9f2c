/** Keeps a process small that passes much on and keeps little. */
import { setFlagsFromString } from 'node:v8';

/** Of the new space, by which V8 measures buffers, too; its default is 32. */
const newSpaceMegabytes = 4;
/** How much the heap may grow over what was alive before V8 looks again, in percent; by default up to 300. */
const growthPercent = 100;

/**
 * Two habits of V8 that suit other programs are changed. Every read from a socket brings a buffer of up to 64 kB, and
 * V8 looks for those that nobody needs only when there are a multiple of the new space's capacity: while files came in,
 * some 100 MB by default, and some 15 MB from here on; receiving gets cheaper as well, since the same memory is soon
 * used again. And a heap of which 45 MB are alive grew by steps to 300 MB over 20 000 jobs. May be called at any time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--scavenger-max-new-space-capacity-mb=${newSpaceMegabytes}`);
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}
