/** Why an item of a batch never became a job: as it stands in the batch's record. */
import { fits, isProblemCode, Problem, StoredItemProblem } from '@tintype/contracts';
import { parseJson } from '../record/parse-json.ts';

/** More wrong places than that help nobody, and are kept for as long as the batch. */
const mostPlaces = 5;
/** Names of fields come from the client, and may be long. */
const mostDetailChars = 500;

export function writeItemProblem({ code, message, retryable, errors = [] }: Problem): string {
  const places = errors.slice(0, mostPlaces).map(({ pointer, detail }) => ({
    pointer: pointer.slice(0, mostDetailChars),
    detail: detail.slice(0, mostDetailChars),
  }));
  const detail = message.slice(0, mostDetailChars);
  return JSON.stringify({ code, detail, retryable, ...(places.length > 0 && { errors: places }) });
}

/** Reads what `writeItemProblem` wrote; any other text is an `internal_error`. */
export function readItemProblem(text: string): Problem {
  const stored = parseJson(text);
  if (!fits(StoredItemProblem, stored) || !isProblemCode(stored.code)) {
    return new Problem('internal_error', { cause: text });
  }
  const { code, detail, retryable, errors } = stored;
  return new Problem(code, { detail, retryable, ...(errors && { errors }) });
}
