/** What links ask for with the names under which it is kept: of a link that is opened again and again, found out once. */
import { fingerprint, type PictureNames } from '@tintype/jobs';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../http/caller.ts';
import type { JobQuota } from '../http/rate-limits.ts';
import type { Presets } from '../presets/presets.ts';
import { type AskedPicture, acceptsWebp, askedPictureOf } from './link-query.ts';

export type NamedPicture = AskedPicture & PictureNames;

/** Who asks for which picture. */
export type PictureRequest = Pick<NamedPicture, 'url' | 'options' | 'name' | 'source'> & {
  caller: Caller;
  quota: JobQuota;
};

/** So many links are remembered; the one that was remembered first makes room. */
const mostLinks = 1000;
/** A longer one is read anew each time. */
const longestLinkChars = 1000;

/** The result throws what reading the query throws. */
export function createNamedPictures(
  presets: Pick<Presets, 'fill' | 'watermarks'>,
): (request: FastifyRequest) => NamedPicture {
  const links = new Map<string, NamedPicture>();
  return (request) => {
    const { url, tenant, headers } = request;
    const takesWebp = acceptsWebp(headers.accept);
    const link = `${takesWebp ? 'webp' : ''} ${tenant} ${url}`;
    const known = links.get(link);
    if (known) return known;
    const named = namedPicture(askedPictureOf(request, takesWebp, presets), tenant);
    if (link.length > longestLinkChars) return named;
    const [first] = links.keys();
    if (first !== undefined && links.size >= mostLinks) links.delete(first);
    links.set(link, named);
    return named;
  };
}

/** Equal pictures of a tenant have equal names, however they are asked for. */
function namedPicture(asked: AskedPicture, tenant: string): NamedPicture {
  return {
    ...asked,
    name: fingerprint('picture', tenant, asked.url, asked.order),
    source: fingerprint('source', tenant, asked.url),
  };
}
