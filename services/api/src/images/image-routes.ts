/** `GET /v1/images`: the picture of a link, for `<img src>`; made by the first call, shared by all at once, kept after. */
import { Problem, type ProblemCode } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { sendFile } from '../http/send-file.ts';
import { addVary } from '../http/vary.ts';
import { whileConnected } from '../http/waiting.ts';
import type { Presets } from '../presets/presets.ts';
import type { FileOf } from '../thumbnails/files.ts';
import { retryAfterSeconds } from '../thumbnails/look-up.ts';
import { imageSchema } from './image-schemas.ts';
import type { Images, ShownPicture } from './images.ts';
import type { AskedPicture, Fallback } from './link-query.ts';
import { linkPath } from './link-signature.ts';
import { createNamedPictures, type PictureRequest } from './named-picture.ts';
import { oneColourPng } from './one-colour-png.ts';
import { failurePauseMs } from './renewal.ts';

export type ImageRoutesOptions = {
  images: Images;
  presets: Pick<Presets, 'fill' | 'watermarks'>;
  fileOf: FileOf;
  /** How long a picture that is not made yet is waited for. */
  waitMs: number;
  /** Whether shared caches may keep what needs no signature. */
  sharedFiles: boolean;
  stopping: AbortSignal;
  /** The time of Redis. */
  nowMs: () => number;
};

const config = { scope: 'thumbnails', opensByLink: true, isImage: true } as const;
/** Where the picture's own colour is not known. */
const neutralHex = '#cccccc';

export const imageRoutes: FastifyPluginAsync<ImageRoutesOptions> = async (app, options) => {
  // What a name may stand for depends on the name: the handler reads the query.
  const validatorCompiler = () => () => true;
  const namedPictureOf = createNamedPictures(options.presets);
  app.get(linkPath, { schema: imageSchema, config, validatorCompiler }, async (request, reply) => {
    const asked = namedPictureOf(request);
    if (asked.varies) addVary(reply, 'accept');
    const picture = { ...asked, caller: callerOf(request), quota: request.jobQuota(reply) };
    const show = () =>
      whileConnected(options.waitMs, reply, options.stopping, (wait) => options.images.show(picture, wait));
    const instead = (fallback: Fallback, err: unknown) =>
      sendInstead(reply, { fallback, asked, err }, () => options.images.colourOf(picture));
    try {
      const shown = await show();
      if (shown && (await isSent(request, reply, { picture, asked, shown, show }, options))) return reply;
    } catch (err) {
      return instead(asked.whenFailed, err);
    }
    return instead(asked.whenLate, new Problem('picture_late', { retryAfterSeconds }));
  });
};

type Found = {
  picture: PictureRequest;
  asked: AskedPicture;
  shown: ShownPicture;
  /** Looks again. */
  show: () => Promise<ShownPicture | null>;
};

/**
 * Sends the picture. A file that is gone, whatever took it, is made again, once; false when that is not ready in time. To wait
 * for a reply of Fastify's is to wait until it is sent, and tells nothing.
 */
async function isSent(
  request: FastifyRequest,
  reply: FastifyReply,
  { picture, asked, shown, show }: Found,
  options: ImageRoutesOptions,
): Promise<boolean> {
  const send = ({ record, keepMs }: ShownPicture) => {
    const leftMs = asked.endsAtMs === null ? keepMs : Math.min(keepMs, asked.endsAtMs - options.nowMs());
    const file = { ...options.fileOf(record, picture.caller), keepMs: leftMs };
    return sendFile(request, reply, file, options.sharedFiles || request.identity?.kind === 'link');
  };
  try {
    await send(shown);
  } catch (err) {
    if (!(err instanceof Problem) || err.code !== 'expired') throw err;
    await options.images.forget(shown.record, picture.caller);
    const again = await show();
    if (again === null) return false;
    await send(again);
  }
  return true;
}

/** What is too much, or wrong with the request itself, stays a problem. */
const neverInstead: readonly ProblemCode[] = ['rate_limited', 'range_not_satisfiable'];

type Instead = { fallback: Fallback; asked: AskedPicture; err: unknown };

async function sendInstead(
  reply: FastifyReply,
  { fallback, asked, err }: Instead,
  ownColour: () => Promise<string | null>,
): Promise<FastifyReply> {
  if (!(err instanceof Problem) || fallback.kind === 'none' || neverInstead.includes(err.code)) throw err;
  const hex = fallback.hex ?? (await ownColour().catch(() => null)) ?? neutralHex;
  const [shape = { width: 1, height: 1 }] = asked.order.renditions;
  return reply
    .headers({
      'cache-control': 'no-store',
      'retry-after': err.retryAfterSeconds ?? failurePauseMs / 1000,
      'fallback-reason': err.code,
    })
    .type('image/png')
    .send(oneColourPng(hex, shape));
}
