/** Headers that an operator has named for single hosts: they go to these, and to no other one. */

/** By scheme, host and port, as `URL.origin` writes them: lower-case names of headers, and their values. */
export type SourceHeaders = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** What a fetch says itself, and what is about one connection or one transfer. */
const refusedNames =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|via|http2-settings|content-.*|accept-encoding|range|if-.*|proxy-.*|cache-control|pragma)$/;
const nameForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const valueForm = /^[!-~](?:[ -~]{0,8190}[!-~])?$/;

/**
 * Reads `{"cdn.example.org": {"Referer": "https://example.org/"}}`: a host, with a port where it is not the usual one, is
 * meant over https; `http://host` where it is to be sent in the clear. Throws an Error that names host and header, never a
 * value. Empty text is none.
 */
export function parseSourceHeaders(text: string): SourceHeaders {
  if (text.trim() === '') return new Map();
  const byHost = entriesOf(parseJson(text), 'it must be a JSON object of hosts');
  const read = new Map<string, Record<string, string>>();
  for (const [host, given] of byHost) {
    const origin = originOf(host);
    if (read.has(origin)) throw new Error(`"${host}" is named twice`);
    read.set(origin, readHeaders(host, given));
  }
  return read;
}

/** The error of JSON.parse has the text in it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

function readHeaders(host: string, given: unknown): Record<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of entriesOf(given, `"${host}" must have a JSON object of headers`)) {
    const key = name.toLowerCase();
    if (!nameForm.test(name)) throw new Error(`a header of "${host}" has a name that is none`);
    if (refusedNames.test(key)) throw new Error(`${name} of "${host}" is a header that cannot be set`);
    if (headers.has(key)) throw new Error(`${name} of "${host}" is named twice`);
    const isValue = typeof value === 'string' && valueForm.test(value);
    if (!isValue) throw new Error(`the value of ${name} of "${host}" must be printable ASCII in one line`);
    headers.set(key, value);
  }
  return Object.fromEntries(headers);
}

function entriesOf(value: unknown, otherwise: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(otherwise);
  return Object.entries(value);
}

function originOf(host: string): string {
  const bad = new Error(`"${host}" is neither host, host:port, https://host nor http://host`);
  const text = /^https?:\/\//i.test(host) ? host : `https://${host}`;
  if (!URL.canParse(text)) throw bad;
  const url = new URL(text);
  const isAlone = url.pathname === '/' && !/[/?#@\s*]/.test(text.replace(/^https?:\/\//i, ''));
  if (!isAlone || url.hostname === '') throw bad;
  return url.origin;
}

/** What this URL is asked with besides the usual; only scheme, host and port decide. */
export function headersFor(headers: SourceHeaders, url: URL): Readonly<Record<string, string>> {
  return headers.get(url.origin) ?? {};
}
