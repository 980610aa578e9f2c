/** What libvips says of a picture that it cannot decode, as problems. */
import { notAccepted, Problem, type ReadOptions } from '@tintype/contracts';

/** What libvips, its codecs, glib and V8 say when an allocation was refused. */
const outOfMemory =
  /out of memory|(memory|heap) (allocation|limit)|(could not|failed to|unable to|cannot) allocate|insufficient memory/i;

/** Kinds of JPEGs that libjpeg names when it refuses them; they are as sound as others. */
const unreadJpegs: readonly (readonly [said: RegExp, kind: string])[] = [
  [/Unsupported JPEG data precision 1[26]/, 'A JPEG of more than 8 bits'],
  [/Unsupported marker type 0xf7/, 'JPEG-LS'],
  [/Unsupported JPEG process/, 'A hierarchical JPEG, or another process that nearly nobody uses,'],
  [/arithmetic coding/, 'A JPEG with arithmetic coding'],
  [/DNL not supported/, 'A JPEG that tells its height behind its pixels (DNL)'],
];

/** The problem behind an error of decoding; the library's own text stays in `cause`. */
export function decodeProblem(err: unknown): Problem {
  if (err instanceof Problem) return err;
  const message = typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : '';
  if (message.includes('exceeds pixel limit')) return new Problem('too_many_pixels', { cause: err });
  const unread = unreadJpegs.find(([said]) => said.test(message));
  if (unread) return notAccepted(unread[1], err);
  // libheif, of a picture that is larger than its header says.
  const isOfAnotherSize = message.includes('Security limit exceeded');
  if (!isOfAnotherSize && saysOutOfMemory(message)) return tookTooMuchMemory(err);
  if (message.includes('timeout')) return new Problem('decode_timeout', { cause: err });
  return damaged(err);
}

/** Whether the picture is to be shown as far as it goes. */
export function acceptsDamage(err: unknown, { on_damage: onDamage = 'refuse' }: ReadOptions): boolean {
  return onDamage === 'accept' && decodeProblem(err).code === 'corrupt_image';
}

export function damaged(cause?: unknown): Problem {
  return new Problem('corrupt_image', { detail: 'The picture is damaged or cut off.', cause });
}

/** Whether this is the message of a decoder that was refused memory; libtiff calls any wrong count that. */
export function saysOutOfMemory(message: string): boolean {
  return outOfMemory.test(message) && !message.includes('TIFF directory');
}

/** Its header promised less than the decode took. */
export function tookTooMuchMemory(cause: unknown): Problem {
  return new Problem('too_many_pixels', {
    detail: 'Decoding the picture takes more memory than one picture may take.',
    cause,
  });
}
