/** Links that open without a header: where keys are required, a picture's link carries a signature that expires. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Problem } from '@tintype/contracts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';

/** Makes the links of one answer. Answers whose links are to be the same have the same object. */
export type Links = {
  /** The link to a rendition's bytes, until the thumbnail expires at the latest. */
  file(id: string, expiresAtMs: number, name?: string): string;
  /** The link to the picture that an item of the library is shown by. */
  item(id: string): string;
};

/** A target and its signature, as they come with a request. */
export type SignedTarget = { path: string; name?: string | undefined; exp: unknown; sig: unknown };

export type SignedLinks = {
  /** `opens`: whether they are for somebody who may see pictures; others get links that need a key. */
  links(opens: boolean): Promise<Links>;
  /** Throws `forbidden` unless the signature is one of ours and has not expired. */
  verify(target: SignedTarget): Promise<void>;
};

/** Links live at least so long as the setting says; their end is rounded, so that equal answers have equal links. */
const roundings = 24;

/** Plain links while nobody needs a key. `ttlSeconds` is the least life of a link. */
export function createSignedLinks(options: {
  publicUrl: string;
  ttlSeconds: number;
  signingKeys: SigningKeys;
  required: boolean;
  /** The time of Redis: a link is made by one machine and opened by another. */
  nowMs: () => number;
}): SignedLinks {
  const { publicUrl, ttlSeconds, signingKeys, required, nowMs } = options;
  const roundSeconds = Math.max(1, Math.floor(ttlSeconds / roundings));

  const plain: Links = {
    file: (id, _expiresAtMs, name) => `${publicUrl}${pathOf(id)}${queryOf(name)}`,
    item: (id) => `${publicUrl}${pathOfItem(id)}`,
  };
  /** The end that is wished for, in seconds since 1970. */
  const signedBy = (key: SigningKey, wished: number): Links => ({
    file(id, expiresAtMs, name) {
      const path = pathOf(id);
      const exp = String(Math.min(wished, Math.floor(expiresAtMs / 1000)));
      const signature = `exp=${exp}&sig=${signatureOf(key, path, name, exp)}`;
      return `${publicUrl}${path}${name === undefined ? '?' : `${queryOf(name)}&`}${signature}`;
    },
    item(id) {
      const path = pathOfItem(id);
      return `${publicUrl}${path}?exp=${wished}&sig=${signatureOf(key, path, undefined, String(wished))}`;
    },
  });
  let latest: { keyId: string; wished: number; links: Links } | null = null;

  return {
    async links(opens) {
      if (!required || !opens) return plain;
      const [key] = await signingKeys('link');
      const wished = Math.ceil((nowMs() / 1000 + ttlSeconds) / roundSeconds) * roundSeconds;
      if (latest?.keyId !== key.id || latest.wished !== wished) {
        latest = { keyId: key.id, wished, links: signedBy(key, wished) };
      }
      return latest.links;
    },

    async verify({ path, name, exp, sig }) {
      if (typeof exp !== 'string' || typeof sig !== 'string' || !/^\d{1,12}$/.test(exp)) throw wrongLink();
      const given = Buffer.from(sig);
      const keys = await signingKeys('link');
      const isOurs = keys.some((key) => {
        const expected = Buffer.from(signatureOf(key, path, name, exp));
        return expected.length === given.length && timingSafeEqual(expected, given);
      });
      if (!isOurs) throw wrongLink();
      if (Number(exp) * 1000 <= nowMs()) throw new Problem('forbidden', { detail: 'The link has expired.' });
    },
  };
}

function pathOf(id: string): string {
  return `/v1/thumbnails/${id}/file`;
}

function pathOfItem(id: string): string {
  return `/v1/library/items/${id}/file`;
}

function queryOf(name: string | undefined): string {
  return name === undefined ? '' : `?${new URLSearchParams({ name })}`;
}

/** HMAC-SHA-256 over the path, the rendition and the time; none of the first two can hold a line break. */
function signatureOf(key: SigningKey, path: string, name: string | undefined, exp: string): string {
  return createHmac('sha256', key.bytes)
    .update(`${path}\n${name ?? ''}\n${exp}`)
    .digest('base64url');
}

function wrongLink(): Problem {
  return new Problem('forbidden', { detail: 'The signature of the link is wrong.' });
}
