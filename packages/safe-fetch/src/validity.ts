/** What is remembered of an answer for the next time that its URL is wanted. */
import { createHash } from 'node:crypto';
import { type Freshness, freshnessOf } from './freshness.ts';
import type { AnswerHeaders } from './reception.ts';
import type { Validators } from './validators.ts';

export type Validity = Validators & {
  /** A hash of the URL that answered, where redirects led to another one: only that one is asked by these validators. */
  redirectedTo?: string | undefined;
  /** For so long it need not be asked for again. */
  freshForMs: number;
};

/** What is known from an earlier answer. */
export type KnownSource = Omit<Validity, 'freshForMs'>;

export type AnswerOrigin = {
  askedAtMs: number;
  isAuthorized: boolean;
  redirectedTo: string | undefined;
  /** Of the redirects that led here: what they led to is known for no longer. */
  ofRedirects: Freshness;
};

/** Before any redirect. */
export const noRedirects: Freshness = { mayBeKept: true, freshForMs: Number.POSITIVE_INFINITY };

/** Null when nothing of the answer may be kept, or nothing of it is of use. */
export function judgeValidity(
  headers: AnswerHeaders,
  validators: Validators | null,
  { redirectedTo, ...origin }: AnswerOrigin,
): Validity | null {
  const { mayBeKept, freshForMs } = judgeFreshness(headers, origin);
  if (!mayBeKept || (validators === null && freshForMs === 0)) return null;
  const { etag, modifiedAtMs } = validators ?? {};
  return {
    ...(etag !== undefined && { etag }),
    ...(modifiedAtMs !== undefined && { modifiedAtMs }),
    ...(redirectedTo !== undefined && { redirectedTo }),
    freshForMs,
  };
}

/** Of an answer together with the redirects before it. */
export function judgeFreshness(
  headers: AnswerHeaders,
  { askedAtMs, isAuthorized, ofRedirects }: Omit<AnswerOrigin, 'redirectedTo'>,
): Freshness {
  const nowMs = Date.now();
  const { mayBeKept, freshForMs } = freshnessOf(headers, { nowMs, delayMs: nowMs - askedAtMs, isAuthorized });
  return {
    mayBeKept: mayBeKept && ofRedirects.mayBeKept,
    freshForMs: Math.min(freshForMs, ofRedirects.freshForMs),
  };
}

/** What is signed in a URL is kept nowhere. */
export function hashOf(url: URL): string {
  return createHash('sha256').update(url.href).digest('base64url').slice(0, 24);
}
