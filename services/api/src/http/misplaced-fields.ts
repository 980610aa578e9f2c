/** Says of an unknown field of a body, which the URL of the same route would know, where it belongs. */
import { Problem, sentenceOf, unknownField } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';

/** The same problem, or one with better words. */
export function withPlacesInUrl(problem: Problem, { routeOptions }: FastifyRequest): Problem {
  const { errors = [], code } = problem;
  const query: unknown = routeOptions.schema?.querystring;
  const known = typeof query === 'object' && query !== null && 'properties' in query ? Object(query.properties) : {};
  const isMisplaced = ({ pointer, detail }: { pointer: string; detail: string }) =>
    detail.startsWith(unknownField) && Object.hasOwn(known, pointer.slice(1));
  if (!errors.some(isMisplaced)) return problem;
  const better = errors.map((place) => (isMisplaced(place) ? { ...place, detail: detailFor(place.pointer) } : place));
  return new Problem(code, { detail: sentenceOf(better), errors: better, cause: problem });
}

function detailFor(pointer: string): string {
  return `is not a field of the body: write it into the URL, as ?${pointer.slice(1)}=…`;
}
