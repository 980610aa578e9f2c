/** Validators of an answer (RFC 9110 §8.8): what a source is asked with whether its picture is still the same. */
import type { AnswerHeaders } from './reception.ts';

export type Validators = {
  /** With its quotes, and `W/` where it is weak. */
  etag?: string | undefined;
  /** Last-Modified. */
  modifiedAtMs?: number | undefined;
};

/** Longest tag that is kept: a SHA-512 in hexadecimal has 131 characters, and those of usual servers 10 to 70. */
const longestEtag = 160;
/** RFC 9110 §8.8.3 without bytes above ASCII, which servers and proxies read in several ways. */
const etagForm = /^(?:W\/)?"[!#-~]*"$/;
/** A file may change twice in a second and have one date for both: RFC 9110 §8.8.2.2. */
const sureAfterMs = 1000;

/** Of every date like "Sat, 28 Nov 2026 16:00:00 GMT". */
const httpDateLength = 29;

/** A date as RFC 9110 wants it sent (§5.6.7), in milliseconds; null of anything else. */
export function parseHttpDate(value: string | string[] | undefined): number | null {
  if (typeof value !== 'string' || value.length !== httpDateLength) return null;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toUTCString() === value ? ms : null;
}

/**
 * The validators of an answer that came at `nowMs`; null when it has none that can be used. A date that is as young as the
 * answer itself says nothing: the file may have changed since, within the same second.
 */
export function validatorsOf(headers: AnswerHeaders, nowMs: number): Validators | null {
  const { etag } = headers;
  const isTag = typeof etag === 'string' && etag.length <= longestEtag && etagForm.test(etag);
  const modifiedAtMs = parseHttpDate(headers['last-modified']);
  const answeredAtMs = Math.min(parseHttpDate(headers.date) ?? nowMs, nowMs);
  const isSure = modifiedAtMs !== null && answeredAtMs - modifiedAtMs >= sureAfterMs;
  if (!isTag && !isSure) return null;
  return { ...(isTag && { etag }), ...(isSure && { modifiedAtMs }) };
}

/** The headers that ask for a picture only when it is another one (RFC 9110 §13.1). */
export function conditionsOf({ etag, modifiedAtMs }: Validators): Record<string, string> {
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(modifiedAtMs !== undefined && { 'if-modified-since': new Date(modifiedAtMs).toUTCString() }),
  };
}

/** Whether a 304 may mean what was asked about: one that names another tag does not (weak comparison, §8.8.3.2). */
export function confirms(headers: AnswerHeaders, { etag }: Validators): boolean {
  const told = headers.etag;
  if (told === undefined || etag === undefined) return true;
  return typeof told === 'string' && told.replace(/^W\//, '') === etag.replace(/^W\//, '');
}
