/** In which ways a picture can be made, and what each takes: found from its plan, before any of it is done. */
import type { PictureOrder } from '@tintype/contracts';
import { costByLibvips, costOfFinish, mostOutputBytes, type PicturePlan } from '@tintype/picture';
import { maxBytesHere, maxQuickBytesHere, type Share } from './admission.ts';

export type Way = Share & {
  /** A thread, and libvips for what is left; libvips alone; a process of its own. */
  place: 'thread' | 'here' | 'child';
  /** It keeps a processor, or much memory, for longer than others shall wait. */
  isLong: boolean;
};

export type WaySettings = { reducesJpegs: boolean; longPictureMs: number };

/** What a child takes besides its decode. */
const ownChildBytes = 64 * 1024 * 1024;
/** Of what a thread keeps of a block: a few coefficients, which others are not 0, and the samples that come of them. */
const coefficientBytes = 24;
const blockPixels = 64;

/** One after the other, until a picture comes of it. None is left where the plan's refusal stands. */
export function waysOf(plan: PicturePlan, fileBytes: number, settings: WaySettings): Way[] {
  const { refusal, order, facts, decodeBytes } = plan;
  const reduced = settings.reducesJpegs && plan.reduction ? reducedCost(plan, fileBytes) : null;
  const inThread = reduced && wayWithin('thread', reduced, settings);
  const mayBeHere = refusal === null && !plan.needsOwnProcess && (reduced === null || inThread !== null);
  const byLibvips = costByLibvips(plan, fileBytes);
  const here = mayBeHere ? wayWithin('here', { ...byLibvips, bytesHere: byLibvips.bytes }, settings) : null;
  const childBytes = Math.max(refusal === null ? decodeBytes : 0, reduced?.bytes ?? 0);
  const child = refusal === null || inThread === null ? childWay(order, facts, childBytes) : null;
  return [inThread, here, child].filter((way) => way !== null);
}

/** Null when it would hold more of the worker's own memory than such a picture may. */
function wayWithin(
  place: 'thread' | 'here',
  { ms, ...share }: Share & { ms: number },
  { longPictureMs }: WaySettings,
): Way | null {
  const isLong = ms > longPictureMs || share.bytesHere > maxQuickBytesHere;
  return share.bytesHere > maxBytesHere ? null : { place, isLong, ...share };
}

/** Of the worker's own memory a child takes what it answers. Without facts nobody has read the header. */
export function childWay(order: PictureOrder, facts: PicturePlan['facts'] | null, decodeBytes: number): Way {
  const bytesHere = mostOutputBytes(order, facts);
  return { place: 'child', isLong: true, bytesHere, bytes: decodeBytes + ownChildBytes };
}

/** Two copies of the file at most, and of each block what is made of it; then what libvips finishes. */
function reducedCost(plan: PicturePlan, fileBytes: number): Share & { ms: number } {
  const { width, height } = plan.facts;
  const finish = costOfFinish(plan);
  const heldBytes = 2 * fileBytes + (width * height * 3 * coefficientBytes) / blockPixels;
  return { ms: finish.ms, bytesHere: finish.bytes, bytes: heldBytes + finish.bytes };
}
