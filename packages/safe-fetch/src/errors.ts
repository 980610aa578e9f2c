/** Translates errors of a fetch (ours, undici's, Node's) into Problems that tell a stranger nothing internal. */
import { Problem, type ProblemCode } from '@tintype/contracts';
import { errors } from 'undici';

/** What this package itself finds wrong with a connection or a body, before anyone knows for whom it was. */
export type FailureKind =
  | 'forbidden'
  | 'no_address'
  | 'broke_off'
  | 'too_large'
  | 'unknown_encoding'
  | 'bad_encoding'
  | 'slow_connect'
  | 'slow_headers'
  | 'slow_body'
  | 'deadline';

export class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
  readonly code: FailureKind;

  constructor(code: FailureKind) {
    super(`fetch failed: ${code}`);
    this.code = code;
  }
}

type Meaning = { problem: ProblemCode; says: string; retryable?: boolean };

const meanings = {
  forbidden: { problem: 'source_forbidden_address', says: 'leads to an address or port that is not allowed' },
  tooLarge: { problem: 'source_too_large', says: 'sends more bytes than are accepted' },
  unknownEncoding: {
    problem: 'unsupported_format',
    says: 'sends its answer in a Content-Encoding that nobody asked for and that is not known here',
  },
  badEncoding: { problem: 'corrupt_image', says: 'sends what is not encoded as its Content-Encoding says' },
  noAddress: { problem: 'source_unreachable', says: 'has no address' },
  nowhere: { problem: 'source_unreachable', says: 'has no address that may be fetched from', retryable: false },
  refused: { problem: 'source_unreachable', says: 'refused the connection' },
  brokeOff: { problem: 'source_unreachable', says: 'broke off the connection' },
  unreachable: { problem: 'source_unreachable', says: 'could not be reached' },
  notHttp: { problem: 'source_unreachable', says: 'does not speak proper HTTP', retryable: false },
  badTls: { problem: 'source_unreachable', says: 'has no valid TLS certificate or handshake', retryable: false },
  slowConnect: { problem: 'source_timeout', says: 'could not be connected to in time' },
  slowHeaders: { problem: 'source_timeout', says: 'did not answer in time' },
  slowBody: { problem: 'source_timeout', says: 'stopped sending' },
  deadline: { problem: 'source_timeout', says: 'used up its whole time' },
} as const satisfies Record<string, Meaning>;

const meaningOfCode: Record<string, Meaning> = {
  forbidden: meanings.forbidden,
  too_large: meanings.tooLarge,
  unknown_encoding: meanings.unknownEncoding,
  bad_encoding: meanings.badEncoding,
  no_address: meanings.noAddress,
  broke_off: meanings.brokeOff,
  slow_connect: meanings.slowConnect,
  slow_headers: meanings.slowHeaders,
  slow_body: meanings.slowBody,
  deadline: meanings.deadline,
  // DNS: getaddrinfo and c-ares
  ENOTFOUND: meanings.noAddress,
  ENODATA: meanings.noAddress,
  EBADNAME: meanings.noAddress,
  ETIMEOUT: meanings.slowConnect,
  // TCP
  ECONNREFUSED: meanings.refused,
  ECONNRESET: meanings.brokeOff,
  EPIPE: meanings.brokeOff,
  ETIMEDOUT: meanings.slowConnect,
  // undici
  UND_ERR_CONNECT_TIMEOUT: meanings.slowConnect,
  UND_ERR_SOCKET: meanings.brokeOff,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: meanings.brokeOff,
  UND_ERR_HEADERS_OVERFLOW: meanings.notHttp,
  EPROTO: meanings.badTls,
};

const tlsCode = /^(CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|HOSTNAME_MISMATCH|SELF_SIGNED_|UNABLE_TO_)/;
/** Codes of calls that we made wrongly: a defect of ours, not of the source. */
const defectCode = /^(ERR_INVALID_|ERR_OUT_OF_RANGE|UND_ERR_INVALID_ARG)/;

function codeOf(error: unknown): string | null {
  // Not `instanceof Error`: an error of Node itself is none inside Jest.
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** What the error says of the source; null when it says something of us. */
function meaningOf(error: unknown): Meaning | null {
  // undici 8 gives this one class no code, whatever its types say.
  if (error instanceof errors.HTTPParserError) return meanings.notHttp;
  const code = codeOf(error);
  if (code === null || defectCode.test(code)) return null;
  const known = Object.hasOwn(meaningOfCode, code) ? meaningOfCode[code] : undefined;
  return known ?? (tlsCode.test(code) ? meanings.badTls : meanings.unreachable);
}

/** What would tell a stranger whether an inner name exists. A failure that may pass (EAI_AGAIN, SERVFAIL) does not. */
const tellsOfNames: readonly Meaning[] = [meanings.forbidden, meanings.noAddress];

export type FailureOptions = {
  /** Whether a name without an address and one whose address is forbidden are to be told alike. */
  hidesNames?: boolean;
  /** `host:port` as the caller wrote it, where it may be told what would let it through. */
  allowable?: string | null;
};

/**
 * The Problem behind a failed download. `subject` names the source in words that may be shown ("example.com"); the
 * error is kept as `cause`. An error that no network makes is a defect and is returned as it is.
 */
export function problemOfFailure(error: unknown, subject: string, options: FailureOptions = {}): unknown {
  const { hidesNames = false, allowable = null } = options;
  const known = meaningOf(error);
  if (known === null) return error;
  const meaning: Meaning = hidesNames && tellsOfNames.includes(known) ? meanings.nowhere : known;
  const { problem, says, ...rest } = meaning;
  const isAllowable = meaning === meanings.forbidden && allowable !== null;
  const next = isAllowable ? ` Who runs this service may allow it with FETCH_ALLOW=${allowable}.` : '';
  return new Problem(problem, { ...rest, detail: `${subject} ${says}.${next}`, cause: error });
}

const maxRetryAfterSeconds = 86_400;

/**
 * Retry-After (RFC 9110 §10.2.3), seconds or an HTTP date, as whole seconds from now, at least 0 and at most a day;
 * null when it is missing or malformed.
 */
export function parseRetryAfter(value: string | string[] | undefined, nowMs: number): number | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1_000;
  if (!/^\d+$|GMT$/.test(text) || Number.isNaN(seconds)) return null;
  return Math.ceil(Math.min(Math.max(seconds, 0), maxRetryAfterSeconds));
}

/**
 * The Problem of a status other than 200: 429 and server errors may go away (with their Retry-After), others do not.
 */
export function problemOfStatus(status: number, headers: { 'retry-after'?: string | string[] | undefined }): Problem {
  const retryable = status === 429 || (status >= 500 && status < 600);
  const retryAfterSeconds = retryable ? parseRetryAfter(headers['retry-after'], Date.now()) : null;
  return new Problem('source_status', {
    detail: `The source answered ${status}.`,
    retryable,
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}
