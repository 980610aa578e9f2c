/** Who asks for something, as the use cases know it. */
import type { FastifyRequest } from 'fastify';

/** Whose jobs are seen and made, and under which request. */
export type Caller = { tenant: string; requestId: string; traceparent: string };

/** Who looks: a caller sees the own tenant's thumbnails; a signed link was the permission for the one that it names. */
export type Viewer = Pick<Caller, 'tenant'> | 'holder of a signed link';

export function callerOf(request: FastifyRequest): Caller {
  return { tenant: request.tenant, requestId: request.id, traceparent: request.traceparent };
}
