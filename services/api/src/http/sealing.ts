/** Texts that are kept in Redis so that who reads it learns nothing of them: AES-256-GCM under a key of 32 bytes. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** `about`: what the text belongs to, and cannot be moved from. */
export function sealed(text: string, key: Uint8Array, about = ''): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(about));
  const bytes = Buffer.concat([sealing.update(text), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), bytes]).toString('base64');
}

/** Throws where it was sealed under another key, or about something else. */
export function opened(seal: string, key: Uint8Array, about = ''): string {
  const bytes = Buffer.from(seal, 'base64');
  const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opening.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString();
}
