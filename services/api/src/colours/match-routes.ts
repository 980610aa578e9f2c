/** `/v1/colours/match`: the nearest palette colours of a colour, of several, or of a picture. */
import { type ColourOptions, MatchFields, type MatchQuery, Problem } from '@tintype/contracts';
import type { Turns } from '@tintype/runtime';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, uploaderOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { sendText } from '../http/long-text.ts';
import { discardOnFailure, type ReceiveFile, receiveForm } from '../http/receive-form.ts';
import { clientOf, inPieces } from '../http/turns.ts';
import { whileConnected } from '../http/waiting.ts';
import type { NamedPalette } from '../palettes/named-palette.ts';
import type { Palettes } from '../palettes/palettes.ts';
import { colourOptionsFor } from '../thumbnails/ignored-colours.ts';
import type { NewThumbnail } from '../thumbnails/job-preparation.ts';
import { isEnded, madeHere, retryAfterSeconds } from '../thumbnails/look-up.ts';
import type { ViewThumbnail } from '../thumbnails/thumbnail-view.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';
import { type Matching, matchingOf, matchPicture, matchTexts } from './colour-matching.ts';
import { matchSchema, matchUploadSchema } from './colour-schemas.ts';
import { requireCompleted } from './completed.ts';
import { hexesOf } from './written-colours.ts';

export type MatchRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'receive' | 'submitAndRead' | 'readEnded'>;
  palettes: Pick<Palettes, 'get'>;
  viewThumbnail: ViewThumbnail;
  publicUrl: string;
  uploadMaxBytes: number;
  /** Whether the alias of older services is there too. */
  compat: boolean;
  stopping: AbortSignal;
  turns: Turns;
};

type MatchRequest = FastifyRequest<{ Querystring: MatchQuery }>;
/** Against what a picture is matched and how, and how its colours are found. */
type Target = { palette: NamedPalette; matching: Matching; colours: ColourOptions };

/** Colours cost arithmetic only, each by itself; a picture costs a job. */
const config = {
  scope: 'colours',
  makesJob: ({ query }: FastifyRequest) => typeof query === 'object' && query !== null && 'url' in query,
  listLength: ({ query }: FastifyRequest) =>
    typeof query === 'object' && query !== null && 'hex' in query ? String(query.hex).split(',').length : 1,
} as const;
const uploadConfig = { scope: 'colours', makesJob: true, repeat: 'rebuilt' } as const;
/** How long a match waits for the picture's colours before it answers with the job instead. */
const longestWaitMs = 10_000;
/** A person or a program waits for the answer: ahead of plain jobs, and no thumbnail is made. */
const urgent = { priority: 'high', only: 'colours' } as const;
const hidden = { hide: true };

export const matchRoutes: FastifyPluginAsync<MatchRoutesOptions> = async (app, options) => {
  const byQuery = (request: MatchRequest, reply: FastifyReply) => matchByQuery(request, reply, options);
  const upload = (request: FastifyRequest, reply: FastifyReply) => matchUpload(request, reply, options);

  app.get<{ Querystring: MatchQuery }>('/v1/colours/match', { schema: matchSchema, config }, byQuery);
  app.post('/v1/colours/match', { schema: matchUploadSchema, config: uploadConfig }, upload);

  for (const alias of options.compat ? ['/v1/colors/match', '/colours/match'] : ['/v1/colors/match']) {
    app.get<{ Querystring: MatchQuery }>(alias, { schema: { ...matchSchema, ...hidden }, config }, byQuery);
  }
  app.post('/v1/colors/match', { schema: { ...matchUploadSchema, ...hidden }, config: uploadConfig }, upload);
};

async function matchByQuery(request: MatchRequest, reply: FastifyReply, options: MatchRoutesOptions) {
  const { url, hex, palette: paletteName = 'css3', ...fields } = request.query;
  if ((url === undefined) === (hex === undefined)) {
    throw new Problem('invalid_request', { detail: 'Either url or hex is required, and not both.' });
  }
  const hexes = hex === undefined ? null : hexesOf(hex);
  const palette = await options.palettes.get(paletteName, request.tenant);
  const matching = matchingOf(fields);
  if (hexes !== null) {
    const texts = inPieces(matchTexts(hexes, palette, matching), options.turns.begin(clientOf(request)));
    reply.holds = palette.held;
    return sendText(request, reply.type('application/json; charset=utf-8'), texts);
  }
  return answerPicture({ url: url ?? '' }, { palette, matching, colours: coloursOf(fields) }, request, reply, options);
}

async function matchUpload(request: FastifyRequest, reply: FastifyReply, options: MatchRoutesOptions) {
  const receive: ReceiveFile = (file) => options.thumbnails.receive(file, uploaderOf(request));
  const form = await receiveForm(request, MatchFields, receive, options.uploadMaxBytes);
  if (!(await claimForm(request, reply, form))) return reply;
  const { upload, fields } = form;
  const { palette: paletteName = 'css3', ...rest } = fields;
  const target = await discardOnFailure(upload, async () => {
    const palette = await options.palettes.get(paletteName, request.tenant);
    return { palette, matching: matchingOf(rest), colours: coloursOf(rest) };
  });
  return answerPicture({ upload }, target, request, reply, options);
}

/** Its `count` and `tolerance` are those of matches. */
function coloursOf({ colours: count, ignore }: MatchFields): ColourOptions {
  return colourOptionsFor(
    { ...(count !== undefined && { count }), ...(ignore !== undefined && { ignore }) },
    '/ignore',
  );
}

async function answerPicture(
  source: NewThumbnail['source'],
  { palette, matching, colours }: Target,
  request: FastifyRequest,
  reply: FastifyReply,
  { thumbnails, viewThumbnail, publicUrl, stopping }: MatchRoutesOptions,
) {
  const order = { id: idFor(request), source, options: { ...urgent, colours }, caller: callerOf(request) };
  const record = await whileConnected(longestWaitMs, reply, stopping, (wait) =>
    request.repeats === null
      ? thumbnails.submitAndRead(order, wait)
      : madeHere(thumbnails.readEnded(request.repeats, order.caller, wait)),
  );
  const jobUrl = `${publicUrl}/v1/thumbnails/${order.id}`;
  if (!isEnded(record)) {
    return reply
      .code(202)
      .headers({ location: jobUrl, 'retry-after': retryAfterSeconds })
      .send(await viewThumbnail(record, order.caller));
  }
  if (record.problem) throw record.problem;
  return reply.send(matchPicture(requireCompleted(record), palette, matching, jobUrl));
}
