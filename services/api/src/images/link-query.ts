/** What the URL of a picture asks for: its query as options, each name once, and what follows from them. */
import { LinkQuery, Problem, parse, parseSourceUrl, type ThumbnailJobData } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';
import { collectFields, repeatedFields } from '../http/form-fields.ts';
import type { Presets } from '../presets/presets.ts';
import { orderOf, type ThumbnailOptions } from '../thumbnails/job-preparation.ts';
import type { LinkParameters } from './link-signature.ts';

/** What is shown where there is no picture. */
export type Fallback = { kind: 'none' } | { kind: 'colour'; hex: string | null };

/** What is asked for. */
export type AskedPicture = {
  url: string;
  options: ThumbnailOptions;
  /** What is to be made, in one spelling. */
  order: ThumbnailJobData['order'];
  /** Whether the answer depends on the header `Accept`. */
  varies: boolean;
  /** Instead of a picture that is not ready; the colour is the picture's own where none is named. */
  whenLate: Fallback;
  /** Instead of one that cannot be made. */
  whenFailed: Fallback;
  /** The end of the link, in milliseconds since 1970; null for none. */
  endsAtMs: number | null;
};

/**
 * The parameters of a URL as texts. Throws `invalid_request` for a name that comes twice: which of the two holds, signer and
 * reader could see differently.
 */
export function parametersOf({ query }: Pick<FastifyRequest, 'query'>): LinkParameters {
  const entries: [string, unknown][] = typeof query === 'object' && query !== null ? Object.entries(query) : [];
  const twice = entries.filter(([, value]) => typeof value !== 'string');
  if (twice.length > 0) throw repeatedFields(twice.map(([name]) => `/${name}`));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/**
 * What a link says with the options of its preset. How colours are found is nothing that a link shows; of several thumbnails it
 * could show one, and says so by its own size.
 */
export function filledBy(presets: Pick<Presets, 'fill'>, said: Record<string, unknown>): Record<string, unknown> {
  const filled: Record<string, unknown> = Object(presets.fill(said));
  if (!('colours' in said)) delete filled.colours;
  if (!('sizes' in filled) || 'sizes' in said) return filled;
  const detail = 'says sizes, and a link shows one picture';
  throw new Problem('invalid_option', { detail: `/preset ${detail}.`, errors: [{ pointer: '/preset', detail }] });
}

/** Throws `invalid_request` and `invalid_option` for what is not offered. */
export function askedPictureOf(
  request: FastifyRequest,
  takesWebp: boolean,
  presets: Pick<Presets, 'fill' | 'watermarks'>,
): AskedPicture {
  const fields = collectFields(LinkQuery);
  for (const [name, value] of Object.entries(parametersOf(request))) fields.add(name, value);
  const filled = filledBy(presets, fields.values());
  const { url, fallback, key: _key, exp, sig: _sig, ...given } = parse(LinkQuery, filled, { convert: true });
  const { names } = presets.watermarks;
  const usual = orderOf(given, names);
  const varies = usual.renditions.some(({ format }) => format === 'auto');
  const options = varies && takesWebp ? { ...given, format: 'webp' as const } : given;
  return {
    url: parseSourceUrl(url),
    options,
    order: options === given ? usual : orderOf(options, names),
    varies,
    whenLate: fallbackOf(fallback ?? 'placeholder'),
    whenFailed: fallbackOf(fallback ?? 'none'),
    endsAtMs: exp === undefined ? null : 1000 * Number(exp),
  };
}

function fallbackOf(word: string): Fallback {
  if (word === 'none') return { kind: 'none' };
  return { kind: 'colour', hex: word === 'placeholder' ? null : word.toLowerCase() };
}

/** Whether a client that can show WebP says so by its name: `*`/`*` is what those say too that cannot. */
export function acceptsWebp(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.toLowerCase().split(';');
    return type.trim() === 'image/webp' && !parameters.some((one) => /^\s*q=0(\.0*)?\s*$/.test(one));
  });
}
