/** What can go wrong with one file, and with all of them. */
import { Problem, type ProblemDocument } from '@tintype/contracts';

/** As it stands in the report: the code of a problem of the API, or one of our own. */
export type Failure = { code: string; detail: string };

/** The API has answered with a problem, or somebody before it with an error. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;

  constructor(status: number, problem: ProblemDocument | null, retryAfterMs: number | null) {
    super(problem?.detail ?? `The answer has status ${status} and no problem of Tintype: is a proxy in between?`);
    this.code = problem?.code ?? `http_${status}`;
    this.status = status;
    this.retryable = problem?.retryable ?? [429, 502, 503, 504].includes(status);
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer has come. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  readonly code = 'unreachable';
}

/** The file is gone, is closed to us, or was changed while it was sent. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly code = 'unreadable_file';
}

/** Goes on failing whatever file is sent: the import ends, and can be taken up again. */
export class ImportStopped extends Error {
  override readonly name = 'ImportStopped';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Problems that are not those of one file. */
const codesOfAll = ['unauthorized', 'forbidden', 'quota_exceeded', 'search_unavailable'];

export function concernsAll({ code, retryable }: Refused): boolean {
  return !retryable && codesOfAll.includes(code);
}

/** Null for what is no fault of one file. */
export function failureOf(err: unknown): Failure | null {
  if (err instanceof Unreachable) return { code: 'unreachable', detail: `No answer came: ${err.message}` };
  if (err instanceof Refused || err instanceof Problem || err instanceof UnreadableFile) {
    return { code: err.code, detail: err.message };
  }
  return null;
}
