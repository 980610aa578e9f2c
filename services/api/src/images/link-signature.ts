/** The form in which a link that makes a picture is signed, and its signature. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Everything that a link says behind its `?`, by name; no name comes twice. */
export type LinkParameters = Readonly<Record<string, string>>;

export const linkPath = '/v1/images';

/** What RFC 3986 has among its delimiters, and `encodeURIComponent` leaves as it is. */
const delimiters = /[!'()*]/g;

/** All but letters, digits and `-._~` percent-encoded, in UTF-8 and capital digits (RFC 3986, 2.1 and 2.3). */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(delimiters, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `name=value` of all but `sig`, sorted by name and joined by `&`. */
export function canonicalForm(parameters: LinkParameters): string {
  return Object.entries(parameters)
    .filter(([name]) => name !== 'sig')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');
}

/** HMAC-SHA-256 of the canonical form in base64url without padding; the key is the text of the secret. */
export function signatureOf(secret: string, parameters: LinkParameters): string {
  return createHmac('sha256', secret).update(canonicalForm(parameters)).digest('base64url');
}

/** Whether this is the signature: its text, for other texts may stand for the same bytes. */
export function isSignedBy(secret: string, parameters: LinkParameters, signature: string): boolean {
  const [expected, given] = [Buffer.from(signatureOf(secret, parameters)), Buffer.from(signature)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}
