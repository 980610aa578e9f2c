/** For how long an answer may be used again without asking: what its headers allow a shared cache (RFC 9111). */
import type { AnswerHeaders } from './reception.ts';
import { parseHttpDate } from './validators.ts';

export type Freshness = {
  /** False: nothing of the answer is to be remembered (`no-store`). */
  mayBeKept: boolean;
  /** Milliseconds from now on; 0 when it must be asked for each time, or nothing was said of it. */
  freshForMs: number;
};

export type AnswerCircumstances = {
  nowMs: number;
  /** From the request to the head of the answer, during which it has aged. */
  delayMs: number;
  /** Whether the request had an Authorization: then a shared cache needs the source's word (RFC 9111 §3.5). */
  isAuthorized: boolean;
};

/** Longest time, whatever the source says: to ask once a day costs nobody anything, and ends every mistake. */
const longestFreshMs = 86_400_000;
/** One directive, its value a token or a quoted string (RFC 9111 §5.2). */
const directiveForm = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g;

type Directives = Map<string, string>;

/** Nothing is guessed (RFC 9111 §4.2.2): where a source says nothing, it is asked. */
export function freshnessOf(headers: AnswerHeaders, circumstances: AnswerCircumstances): Freshness {
  const directives = parseDirectives(headers['cache-control']);
  const mayBeKept = !directives.has('no-store');
  const { isAuthorized } = circumstances;
  const isOpen = !isAuthorized || ['public', 's-maxage', 'must-revalidate'].some((name) => directives.has(name));
  const mustBeAsked = directives.has('no-cache') || directives.has('private') || variesByAnything(headers) || !isOpen;
  if (!mayBeKept || mustBeAsked) return { mayBeKept, freshForMs: 0 };
  const leftMs = lifetimeMs(headers, directives, circumstances) - ageMs(headers, circumstances);
  return { mayBeKept, freshForMs: Math.floor(Math.min(Math.max(leftMs, 0), longestFreshMs)) };
}

/** By lower-case name. One that stands there twice with two values counts as malformed: its value is empty then. */
function parseDirectives(header: string | string[] | undefined): Directives {
  const directives: Directives = new Map();
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '');
  for (const [, name = '', quoted, token] of text.matchAll(directiveForm)) {
    const [key, value] = [name.toLowerCase(), quoted ?? token ?? ''];
    directives.set(key, (directives.get(key) ?? value) === value ? value : '');
  }
  return directives;
}

function variesByAnything({ vary }: AnswerHeaders): boolean {
  return (Array.isArray(vary) ? vary.join(',') : (vary ?? '')).includes('*');
}

/** RFC 9111 §4.2.1; what cannot be read is over already. */
function lifetimeMs(headers: AnswerHeaders, directives: Directives, { nowMs }: AnswerCircumstances): number {
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  if (seconds !== undefined) return (parseSeconds(seconds) ?? 0) * 1000;
  const expiresAtMs = parseHttpDate(headers.expires);
  return expiresAtMs === null ? 0 : expiresAtMs - (parseHttpDate(headers.date) ?? nowMs);
}

/** RFC 9111 §4.2.3: by the caches on the way, or by the clocks, whichever is more. */
function ageMs(headers: AnswerHeaders, { nowMs, delayMs }: AnswerCircumstances): number {
  const told = Array.isArray(headers.age) ? headers.age[0] : headers.age;
  const apparentMs = nowMs - (parseHttpDate(headers.date) ?? nowMs);
  return Math.max(0, apparentMs, (parseSeconds(told ?? '') ?? 0) * 1000 + delayMs);
}

function parseSeconds(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Number(text) : null;
}
