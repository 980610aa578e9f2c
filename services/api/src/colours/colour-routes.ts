/** `/v1/colours/match` and `/v1/thumbnails/{id}/colours`. */
import accepts from '@fastify/accepts';
import { MatchFields, type MatchQuery, Problem } from '@tintype/contracts';
import type { JobRecord, JobWatch } from '@tintype/jobs';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { receiveForm } from '../http/receive-form.ts';
import type { NamedPalette, Palettes } from '../palettes/palettes.ts';
import { type WaitOptions, waitForEnd } from '../thumbnails/look-up.ts';
import { coloursOf, type ViewThumbnail } from '../thumbnails/thumbnail-view.ts';
import { discardOnFailure, isEnded, retryAfterSeconds } from '../thumbnails/thumbnails.ts';
import { type ColourMediaType, colourMediaTypes, formatColours } from './colour-formats.ts';
import { type Matching, matchColour, matchingFacts, matchingOf, matchPicture } from './colour-matching.ts';
import { coloursSchema, matchSchema, matchUploadSchema } from './colour-schemas.ts';

export type ColourRoutesOptions = WaitOptions & {
  palettes: Palettes;
  viewThumbnail: ViewThumbnail;
  publicUrl: string;
  uploadMaxBytes: number;
  /** Whether the alias of older services is there too. */
  compat: boolean;
};

const config = { scope: 'colours' } as const;
/** Colours cost arithmetic only; a picture costs a job. */
const matchConfig = { ...config, makesJob: ({ query }: FastifyRequest) => isObject(query) && 'url' in query };
/** How long a match waits for the picture's colours before it answers with the job instead. */
const waitMs = 10_000;
/** A person or a program waits for the answer: ahead of plain jobs, and no thumbnail is made. */
const urgent = { priority: 'high', only: 'colours', waits: true } as const;

export const colourRoutes: FastifyPluginAsync<ColourRoutesOptions> = async (app, options) => {
  const { thumbnails, palettes, publicUrl } = options;
  await app.register(accepts);

  const matchByQuery = async (request: FastifyRequest<{ Querystring: MatchQuery }>, reply: FastifyReply) => {
    const { url, hex, palette: paletteName = 'css3', ...fields } = request.query;
    if ((url === undefined) === (hex === undefined)) {
      throw new Problem('invalid_request', { detail: 'Either url or hex is required, and not both.' });
    }
    const palette = await palettes.get(paletteName, request.tenant);
    const matching = matchingOf(fields);
    if (hex !== undefined) return reply.send(matchHexes(hex, palette, matching));
    const id = idFor(request);
    const watch = await thumbnails.submitUrl(id, url ?? '', urgent, callerOf(request));
    return answerPicture({ id, watch }, request, reply, palette, matching);
  };

  app.get<{ Querystring: MatchQuery }>('/v1/colours/match', { schema: matchSchema, config: matchConfig }, matchByQuery);
  app.get<{ Querystring: MatchQuery }>(
    '/v1/colors/match',
    { schema: { ...matchSchema, hide: true }, config: matchConfig },
    matchByQuery,
  );
  if (options.compat) {
    app.get<{ Querystring: MatchQuery }>(
      '/colours/match',
      { schema: { ...matchSchema, hide: true }, config: matchConfig },
      matchByQuery,
    );
  }

  const uploadConfig = { ...config, makesJob: true };
  const matchUpload = async (request: FastifyRequest, reply: FastifyReply) => {
    const form = await receiveForm(request, MatchFields, thumbnails.receive, options.uploadMaxBytes);
    if (!(await claimForm(request, reply, form))) return reply;
    const { upload, fields } = form;
    const { palette: paletteName = 'css3', ...rest } = fields;
    const palette = await discardOnFailure(upload, () => palettes.get(paletteName, request.tenant));
    const id = idFor(request);
    const watch = await thumbnails.submitUpload(id, upload, urgent, callerOf(request));
    return answerPicture({ id, watch }, request, reply, palette, matchingOf(rest));
  };
  app.post('/v1/colours/match', { schema: matchUploadSchema, config: uploadConfig }, matchUpload);
  app.post('/v1/colors/match', { schema: { ...matchUploadSchema, hide: true }, config: uploadConfig }, matchUpload);

  app.get<{ Params: { id: string } }>(
    '/v1/thumbnails/:id/colours',
    { schema: coloursSchema, config },
    async (request, reply) => {
      const type = mediaTypeOf(request);
      const record = await thumbnails.read(request.params.id, callerOf(request));
      const { result } = requireCompleted(record);
      return reply
        .type(type === 'application/json' ? type : `${type}; charset=utf-8`)
        .headers({
          vary: 'accept',
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'no-cache',
        })
        .send(formatColours(coloursOf(result.colours), type));
    },
  );

  function matchHexes(list: string, palette: NamedPalette, matching: Matching) {
    const hexes = list.split(',').map((hex) => `#${hex.replace('#', '').toLowerCase()}`);
    const found = hexes.map((hex) => matchColour(hex, palette, matching));
    const facts = matchingFacts(palette, matching);
    const [only] = found;
    return found.length === 1 && only ? { ...only, ...facts } : { data: found, ...facts };
  }

  async function answerPicture(
    { id, watch }: { id: string; watch: JobWatch | null },
    request: FastifyRequest,
    reply: FastifyReply,
    palette: NamedPalette,
    matching: Matching,
  ) {
    const record = await waitForEnd(id, callerOf(request), waitMs, reply, options, watch);
    const jobUrl = `${publicUrl}/v1/thumbnails/${id}`;
    if (!isEnded(record)) {
      return reply
        .code(202)
        .headers({ location: jobUrl, 'retry-after': retryAfterSeconds })
        .send(await options.viewThumbnail(record));
    }
    if (record.problem) throw record.problem;
    return reply.send(matchPicture(requireCompleted(record), palette, matching, jobUrl));
  }
};

type CompletedRecord = JobRecord & { result: NonNullable<JobRecord['result']> };

function requireCompleted(record: JobRecord): CompletedRecord {
  const { result } = record;
  if (result !== null) return { ...record, result };
  if (!isEnded(record)) throw new Problem('not_ready', { retryAfterSeconds });
  throw new Problem('not_found', {
    detail: `There are no colours: ${record.problem?.message ?? 'the job was cancelled.'}`,
  });
}

function mediaTypeOf(request: FastifyRequest): ColourMediaType {
  const accepted = request.type([...colourMediaTypes]);
  const type = colourMediaTypes.find((candidate) => candidate === accepted);
  if (type) return type;
  throw new Problem('invalid_request', { detail: `The colours can be had as ${colourMediaTypes.join(', ')}.` });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
