/** A file that a stranger might send, and what is right to make of it. */
import type { CaseClass, Verdict } from '../case.ts';

export type HostileFile = {
  name: string;
  /** Made when it is needed: some are large. */
  bytes: () => Buffer | Promise<Buffer>;
  right: readonly Verdict[];
  /** Options of the request. */
  fields?: Readonly<Record<string, string>>;
  /** Comes from the origin, however large it is. */
  isFetched?: boolean;
  /** Takes seconds to make or to decode. */
  isSlow?: boolean;
};

export type FileClass = CaseClass<HostileFile>;

/** For bytes that are damaged by chance: whatever it is, it must be said in order. */
export const anythingInOrder: readonly Verdict[] = [
  'passes',
  'corrupt_image',
  'not_an_image',
  'unsupported_format',
  'too_many_pixels',
];
export const refusedAsCorrupt: readonly Verdict[] = ['corrupt_image'];
export const refusedAsTooLarge: readonly Verdict[] = ['too_many_pixels'];
/** A picture of so many pixels may be refused for them or for the bytes that are missing. */
export const refusedSomehow: readonly Verdict[] = ['too_many_pixels', 'corrupt_image'];
/** Its kind is known by name, or not known at all. */
export const refusedAsForeign: readonly Verdict[] = ['unsupported_format', 'not_an_image'];
