/** Who asks for something, as the use cases know it. */
import { Problem } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';

/** Whose jobs are seen and made, under which request, whether with their pictures, and before other tenants' or not. */
export type Caller = {
  tenant: string;
  requestId: string;
  traceparent: string;
  seesPictures: boolean;
  passesOthers: boolean;
  /** Whether pictures may be kept in the library. */
  keepsItems: boolean;
};

/** Who looks: a caller sees the own tenant's thumbnails; a signed link was the permission for the one that it names. */
export type Viewer = Pick<Caller, 'tenant' | 'seesPictures'> | 'holder of a signed link';

export function callerOf(request: FastifyRequest): Caller {
  const { tenant, id, traceparent } = request;
  return {
    tenant,
    requestId: id,
    traceparent,
    seesPictures: request.hasScope('thumbnails'),
    passesOthers: request.hasScope('priority'),
    keepsItems: request.hasScope('library'),
  };
}

/**
 * Who uploads; `mayRepeat`: the request has an Idempotency-Key, and perhaps was answered before. `bytesBefore`: of other
 * files of the same request.
 */
export function uploaderOf({ tenant, headers }: FastifyRequest, bytesBefore = 0) {
  return { tenant, mayRepeat: headers['idempotency-key'] !== undefined, bytesBefore };
}

/** Throws `forbidden` for who may not have pictures, in whatever form. */
export function requirePictures(viewer: Viewer): void {
  if (viewer === 'holder of a signed link' || viewer.seesPictures) return;
  throw new Problem('forbidden', { detail: 'The key lacks the scope thumbnails, which pictures need in every form.' });
}
