/** What libheif says of a picture that it cannot decode, as problems (heif_error.h). */
import { notAccepted, Problem } from '@tintype/contracts';
import { tookTooMuchMemory } from '../decode-problem.ts';

const codes = { unsupportedFile: 3, unsupportedFeature: 4, memory: 6, plugin: 11 };
const details = { imageSize: 129, securityLimit: 1000 };

export type HeifError = { code: number; detail: number; message: string };

/**
 * The library's own text stays in `cause`. It takes the size of what is shown of a cropped picture for that of the
 * picture, and so refuses one of which little is shown (1.23).
 */
export function heifProblem({ code, detail, message }: HeifError, isCropped: boolean): Problem {
  const cause = new Error(`libheif: ${message.trim()}`);
  const isOfSize = detail === details.imageSize || detail === details.securityLimit;
  if (isCropped && isOfSize) return notAccepted('A HEIF file that shows a small part of its picture', cause);
  if (code === codes.memory && detail !== details.securityLimit) return tookTooMuchMemory(cause);
  const isUnsupported = [codes.unsupportedFile, codes.unsupportedFeature, codes.plugin].includes(code);
  return isUnsupported ? notAccepted('A HEIF file of this kind', cause) : damaged(cause);
}

function damaged(cause: unknown): Problem {
  return new Problem('corrupt_image', {
    detail: 'The picture is damaged, or made in a way that its decoder does not know.',
    cause,
  });
}
