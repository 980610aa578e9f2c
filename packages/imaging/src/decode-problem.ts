/** libvips' words about a picture it cannot decode, as problems. */
import { Problem } from '@tintype/contracts';

/** The problem behind an error of decoding; the library's own text stays in `cause`. */
export function decodeProblem(err: unknown): Problem {
  if (err instanceof Problem) return err;
  const message = typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : '';
  if (message.includes('exceeds pixel limit')) return new Problem('too_many_pixels', { cause: err });
  if (message.includes('timeout')) return new Problem('decode_timeout', { cause: err });
  return new Problem('corrupt_image', { detail: 'The picture is damaged or cut off.', cause: err });
}
