/** Bodies that are larger than their route takes. */
import { Problem } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';

/** Pictures have a limit of their own, and do not travel in JSON. */
export function bodyTooLarge(maxBytes: number): Problem {
  return new Problem('payload_too_large', {
    detail: `The body has more than ${maxBytes} bytes. A picture is sent as a file of a form, or as the whole body with its type.`,
  });
}

/** Throws `payload_too_large` for a file that says so itself, with `besideBytes` around it: before its first byte is read. */
export function requireFitting({ headers }: FastifyRequest, maxBytes: number, besideBytes = 0): void {
  if (Number(headers['content-length'] ?? 0) <= maxBytes + besideBytes) return;
  throw new Problem('payload_too_large', { detail: `The file has more than ${maxBytes} bytes.` });
}
