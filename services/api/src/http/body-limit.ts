/** The problem of a body that is larger than its route takes. */
import { Problem } from '@tintype/contracts';

/** Pictures have a limit of their own, and do not travel in JSON. */
export function bodyTooLarge(maxBytes: number): Problem {
  return new Problem('payload_too_large', {
    detail: `The body has more than ${maxBytes} bytes. A picture is sent as a file of a form, or as the whole body with its type.`,
  });
}
