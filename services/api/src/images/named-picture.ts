/** The picture of a link, as the use cases know it: who asks for what, and the names under which its jobs are kept. */
import { fingerprint, type PictureNames } from '@tintype/jobs';
import type { Caller } from '../http/caller.ts';
import type { JobQuota } from '../http/rate-limits.ts';
import type { AskedPicture } from './link-query.ts';

export type PictureRequest = Pick<AskedPicture, 'url' | 'options' | 'order'> & { caller: Caller; quota: JobQuota };

export type NamedPicture = PictureRequest & PictureNames;

/** Equal pictures of a tenant have equal names, however they are asked for. */
export function namedPicture(request: PictureRequest): NamedPicture {
  const { url, order, caller } = request;
  return {
    ...request,
    name: fingerprint('picture', caller.tenant, url, order),
    source: fingerprint('source', caller.tenant, url),
  };
}
