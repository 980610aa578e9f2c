/** The one catalogue of problems: every error that leaves the service is one of these codes, answered as RFC 9457. */
import type { ProblemDocument, ProblemPlace } from './problem-document.ts';

type CatalogueEntry = {
  /** HTTP status of an answer that carries this problem. */
  status: number;
  title: string;
  /** Whether the same request, or the same job, may well succeed later. */
  retryable: boolean;
  /** One sentence for the error reference: when it happens and what to do. */
  meaning: string;
};

/** Every problem code with its HTTP status, title and meaning. docs/errors.md is generated from it. */
export const problemCatalogue = {
  invalid_request: {
    status: 400,
    title: 'The request is malformed',
    retryable: false,
    meaning: 'The JSON cannot be parsed, a field is unknown, missing or of the wrong type; `errors` names each place.',
  },
  invalid_option: {
    status: 422,
    title: 'An option has a value that is not offered',
    retryable: false,
    meaning: 'The request is well-formed, but a value is out of range or not in the list; `errors` names each place.',
  },
  unauthorized: {
    status: 401,
    title: 'A key is needed',
    retryable: false,
    meaning:
      'No key or token was given, or none that is known and still valid. Send `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    retryable: false,
    meaning: 'The key is known, but lacks the scope for this route; or a signed link is wrong or has expired.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    retryable: false,
    meaning: 'There is no such route or no such thumbnail, or the picture of a failed job was asked for.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    retryable: false,
    meaning: 'The path exists, but not for this method; the `Allow` header lists those that do.',
  },
  expired: {
    status: 410,
    title: 'Expired',
    retryable: false,
    meaning:
      'The thumbnail existed and has passed its `expires_at`, or was deleted; said for seven days, then `not_found`.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    retryable: false,
    meaning: 'The thing is in a state, or has a name, that does not allow it; `detail` says which.',
  },
  precondition_failed: {
    status: 412,
    title: 'Precondition failed',
    retryable: false,
    meaning: 'It was changed since you read it (`If-Match`), or exists already (`If-None-Match: *`). Read it again.',
  },
  not_ready: {
    status: 409,
    title: 'Not ready yet',
    retryable: true,
    meaning: 'The picture was asked for before its job is done; `Retry-After` says when to ask again.',
  },
  picture_late: {
    status: 503,
    title: 'The picture is not ready in time',
    retryable: true,
    meaning:
      'A link with `fallback=none` was opened, and its picture was not made within `IMAGE_WAIT_MS`. It is being made: open the link again after `Retry-After`.',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'Range not satisfiable',
    retryable: false,
    meaning: 'The `Range` header lies outside the picture; `Content-Range` has its length.',
  },
  payload_too_large: {
    status: 413,
    title: 'Payload too large',
    retryable: false,
    meaning: 'The body is larger than its limit (`UPLOAD_MAX_BYTES` for a picture); it was cut off mid-stream.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    retryable: false,
    meaning:
      'The body is neither `application/json` nor `multipart/form-data`, nor (for `POST /v1/thumbnails`) a picture; or its `Content-Encoding` is not taken.',
  },
  unsupported_format: {
    status: 415,
    title: 'Unsupported picture format',
    retryable: false,
    meaning:
      'The bytes are a known format that is not accepted here (SVG, PDF, BMP, camera raw …). Accepted: JPEG, PNG, WebP, GIF, AVIF, TIFF, HEIC and the previews of camera raw where the operator has switched them on (`FORMATS`).',
  },
  not_an_image: {
    status: 415,
    title: 'Not an image',
    retryable: false,
    meaning: 'The first bytes are not those of any picture format, or there are no bytes at all.',
  },
  corrupt_image: {
    status: 422,
    title: 'Corrupt image',
    retryable: false,
    meaning: 'The picture is truncated or damaged and cannot be decoded.',
  },
  too_many_pixels: {
    status: 422,
    title: 'Too many pixels',
    retryable: false,
    meaning:
      'The picture is larger than `MAX_MEGAPIXELS` (`MAX_MEGAPIXELS_UNSTREAMED` where it is decoded in one piece), or decoding it takes more than `DECODE_MEMORY_BYTES`; `detail` says which.',
  },
  source_unreachable: {
    status: 422,
    title: 'Source unreachable',
    retryable: true,
    meaning:
      'The host of the URL has no address, refused the connection or broke it off; with a certificate that is not valid, `retryable: false`. Where keys are required, a host name without an address is not told from one whose address is forbidden (`retryable: false`).',
  },
  source_status: {
    status: 422,
    title: 'Source answered with an error',
    retryable: false,
    meaning:
      'The URL was answered with another status than 200. Server errors and 429 are tried again (`retryable: true`), others are not.',
  },
  source_timeout: {
    status: 422,
    title: 'Source too slow',
    retryable: false,
    meaning: 'The source used up its whole time (`FETCH_TIMEOUT_MS`), or said nothing for too long.',
  },
  source_forbidden_address: {
    status: 403,
    title: 'Forbidden address',
    retryable: false,
    meaning:
      'The URL leads to an address that is not public, or to a port or scheme that is not allowed. `detail` names the entry of `FETCH_ALLOW` that would let it through. Where keys are required, only addresses in the URL itself and `localhost` are told so; of host names see `source_unreachable`.',
  },
  source_too_large: {
    status: 413,
    title: 'Source too large',
    retryable: false,
    meaning: 'The source has more bytes than `FETCH_MAX_BYTES`.',
  },
  decode_timeout: {
    status: 422,
    title: 'Decoding took too long',
    retryable: false,
    meaning: 'The picture could not be decoded within `DECODE_TIMEOUT_MS`.',
  },
  worker_crashed: {
    status: 422,
    title: 'The worker crashed on this picture',
    retryable: false,
    meaning: 'The process that decoded the picture died, with nothing but this picture in its hands.',
  },
  unreadable_watermark: {
    status: 500,
    title: 'The watermark cannot be read',
    retryable: false,
    meaning:
      'The picture that the operator has put under this name is damaged; nothing is wrong with the request. `detail` has its sha256, as `GET /v1/presets` tells it: mend its file, and start the API again. Without the watermark the thumbnail can be made.',
  },
  idempotency_conflict: {
    status: 409,
    title: 'The first request is still in flight',
    retryable: true,
    meaning: 'A request with the same `Idempotency-Key` is being worked on; ask again after `Retry-After`.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    retryable: false,
    meaning: 'The same `Idempotency-Key` came with other fields or another file within 24 hours. Use a new key.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    retryable: true,
    meaning:
      'A quota of `RATE_LIMIT` is used up; `RateLimit` says which, `Retry-After` when it is filled again. Or too many large answers to you are still being read (`ANSWER_MEMORY_BYTES`): read them to their end, or hang up. Or too many of your connections are open, or of your requests under way (`CONNECTIONS_MAX`): let some end.',
  },
  quota_exceeded: {
    status: 429,
    title: 'A quota is used up',
    retryable: false,
    meaning:
      'The tenant keeps as many jobs, bytes in Redis or bytes of files as it may (`QUOTA_JOBS`, `QUOTA_REDIS_BYTES`, `QUOTA_DISK_BYTES`). Waiting alone does not help: `detail` says what is full, and what to delete. `GET /v1/limits` tells what is used.',
  },
  cancelled: {
    status: 409,
    title: 'Cancelled',
    retryable: false,
    meaning: 'The job was cancelled before it ended. It is never an answer of its own, only the `error` of such a job.',
  },
  unreadable_record: {
    status: 409,
    title: 'The record cannot be read',
    retryable: false,
    meaning:
      'What was stored of this is damaged, or was written by a newer version. It can be deleted; the operator lists such records with `npm run unreadable`.',
  },
  queue_full: {
    status: 503,
    title: 'The queue is full',
    retryable: true,
    meaning:
      'As many jobs wait as may (`QUEUE_MAX`), or the memory of Redis is nearly used up (`REDIS_MEMORY_MAX`; just below it, for tenants that keep more than their equal share). Nothing was taken; `Retry-After` says when there will be room.',
  },
  storage_full: {
    status: 503,
    title: 'The storage is nearly full',
    retryable: true,
    meaning:
      'Less of the disk is free than must stay so (`DISK_FREE_MIN`), or nearly so and the tenant keeps more than its equal share. Nothing was taken; ask again after `Retry-After`.',
  },
  dependency_unavailable: {
    status: 503,
    title: 'A dependency is away',
    retryable: true,
    meaning:
      'Redis or the storage does not answer, or others read so many large answers slowly, or have so many connections or requests under way, that there is no room for one more; the request may or may not have been taken. Ask again after `Retry-After`.',
  },
  search_unavailable: {
    status: 503,
    title: 'The search service is away',
    retryable: true,
    meaning:
      'The service that keeps the library does not answer in time, or there is none (`SEARCH_URL`). Pictures are made all the same; ask again after `Retry-After`.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    retryable: true,
    meaning: 'A defect of the service. The log has it whole, under the `request_id` of the answer.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ProblemCode = keyof typeof problemCatalogue;

const codes = Object.keys(problemCatalogue);

/** Whether the word is one of the catalogue's codes. */
export function isProblemCode(word: string): word is ProblemCode {
  return codes.includes(word);
}

/** RFC 9457 problem details, with our `code` as the word that programs read. */
export type ProblemOptions = {
  /** What a stranger may read: no path, address or stack. */
  detail?: string;
  errors?: ProblemPlace[];
  /** Overrides the catalogue, as for a source's 503 against its 404. */
  retryable?: boolean;
  retryAfterSeconds?: number;
  /** The library's error behind it; logged, never answered. */
  cause?: unknown;
};

/** An expected failure with a documented code. Anything else that is thrown is a defect of the service. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  readonly errors: ProblemPlace[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    const entry = problemCatalogue[code];
    super(options.detail ?? `${entry.title}.`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = entry.status;
    this.title = entry.title;
    this.retryable = options.retryable ?? entry.retryable;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (entry.status === 503 ? 2 : undefined);
  }

  /** The RFC 9457 body; `typeBase` is the URL of the error reference, the code is its fragment. */
  toDocument(typeBase: string, requestId?: string): ProblemDocument {
    return {
      type: `${typeBase}#${this.code}`,
      title: this.title,
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.errors ? { errors: this.errors } : {}),
      ...(requestId ? { request_id: requestId } : {}),
      retryable: this.retryable,
    };
  }

  /** The record of a failure that goes into a job: read back by `Problem.fromRecord`. */
  toRecord(): string {
    return JSON.stringify({ code: this.code, detail: this.message, retryable: this.retryable });
  }

  /**
   * Reads what `toRecord` wrote; any other text (a library's own words) is an `internal_error` that keeps them as
   * cause.
   */
  static fromRecord(record: string): Problem {
    try {
      const { code, detail, retryable } = JSON.parse(record);
      if (isProblemCode(code)) return new Problem(code, { detail: String(detail), retryable: Boolean(retryable) });
    } catch {
      // Not ours: falls through to the opaque answer.
    }
    return new Problem('internal_error', { detail: 'The job failed for an unexpected reason.', cause: record });
  }
}
