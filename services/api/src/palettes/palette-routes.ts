/** `/v1/palettes`: the built-in ones and each tenant's own. */
import accepts from '@fastify/accepts';
import { PaletteBody, type PaletteEntry, type PaletteSummary, parse } from '@tintype/contracts';
import type { Turns } from '@tintype/runtime';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { matchesEtag } from '../http/etags.ts';
import { sendText } from '../http/long-text.ts';
import { validateAllButBody } from '../http/request-validation.ts';
import { clientOf, inPieces } from '../http/turns.ts';
import { utf8Text } from '../http/utf8-text.ts';
import type { NamedPalette } from './named-palette.ts';
import { entriesFromCsv, entriesFromJson } from './palette-body.ts';
import { csvFromEntries } from './palette-csv.ts';
import { getPaletteSchema, listPalettesSchema, putPaletteSchema, removePaletteSchema } from './palette-schemas.ts';
import type { Palettes } from './palettes.ts';

export type PaletteRoutesOptions = { palettes: Palettes; publicUrl: string; turns: Turns };

/** Ten thousand colours with a few fields each. */
const bodyMaxBytes = 4 * 1024 * 1024;
const config = { scope: 'colours' } as const;

type Named = { Params: { name: string } };

export const paletteRoutes: FastifyPluginAsync<PaletteRoutesOptions> = async (app, { palettes, publicUrl, turns }) => {
  await app.register(accepts);
  readPaletteBodies(app, turns);

  const summaryOf = (name: string, kind: NamedPalette['kind'], size: number): PaletteSummary => ({
    name,
    kind,
    size,
    url: `${publicUrl}/v1/palettes/${name}`,
  });

  app.get('/v1/palettes', { schema: listPalettesSchema, config }, async (request, reply) => {
    const all = await palettes.list(request.tenant);
    return reply.send({ data: all.map(({ name, kind, size }) => summaryOf(name, kind, size)), next: null });
  });

  app.get<Named>('/v1/palettes/:name', { schema: getPaletteSchema, config }, async (request, reply) => {
    const palette = await palettes.get(request.params.name, request.tenant);
    const { name, kind, prepared } = palette;
    return answerPalette(palette, summaryOf(name, kind, prepared.entries.length), request, reply, turns);
  });

  app.put<Named & { Body?: PaletteEntry[] }>(
    '/v1/palettes/:name',
    { schema: putPaletteSchema, config, bodyLimit: bodyMaxBytes, validatorCompiler: validateAllButBody },
    async (request, reply) => {
      const { name } = request.params;
      const entries = request.body ?? parse(PaletteBody, null);
      const precondition = {
        ifMatch: request.headers['if-match'] ?? null,
        ifNoneMatch: request.headers['if-none-match'] ?? null,
      };
      const { etag, created, size } = await palettes.put(
        name,
        request.tenant,
        entries,
        precondition,
        turns.begin(clientOf(request)),
      );
      return reply
        .code(created ? 201 : 200)
        .header('etag', `"${etag}"`)
        .send(summaryOf(name, 'own', size));
    },
  );

  app.delete<Named>('/v1/palettes/:name', { schema: removePaletteSchema, config }, async (request, reply) => {
    await palettes.remove(request.params.name, request.tenant, request.headers['if-match'] ?? null);
    return reply.code(204).send();
  });
};

async function answerPalette(
  { etag, prepared: { entries }, held }: NamedPalette,
  summary: PaletteSummary,
  request: FastifyRequest,
  reply: FastifyReply,
  turns: Turns,
): Promise<FastifyReply> {
  const asCsv = request.type(['application/json', 'text/csv']) === 'text/csv';
  const tag = asCsv ? `"${etag}-csv"` : `"${etag}"`; // other bytes, another strong tag
  reply.headers({ etag: tag, vary: 'accept', 'cache-control': 'no-cache' });
  if (matchesEtag(request.headers['if-none-match'], tag)) return reply.code(304).send();
  const work = turns.begin(clientOf(request));
  reply.holds = held;
  if (asCsv) {
    const rows = await csvFromEntries(entries, work);
    return sendText(request, reply.type('text/csv; charset=utf-8'), inPieces(rows, work));
  }
  const texts = jsonOf(JSON.stringify(summary).slice(0, -1), entries);
  return sendText(request, reply.type('application/json; charset=utf-8'), inPieces(texts, work));
}

/** The texts of an object that is opened already, with the colours as its last member. */
function* jsonOf(opened: string, entries: readonly PaletteEntry[]): Generator<string, void> {
  yield `${opened},"colours":[`;
  for (const [index, entry] of entries.entries()) yield `${index > 0 ? ',' : ''}${JSON.stringify(entry)}`;
  yield ']}';
}

/** A palette is read and checked by its parser: that takes longer than one turn of the loop may. */
function readPaletteBodies(app: FastifyInstance, turns: Turns): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const readSmall = (request: FastifyRequest, text: string) =>
    new Promise<unknown>((resolve, reject) => {
      parseJson(request, text, (err, value) => (err ? reject(err) : resolve(value)));
    });
  const options = { parseAs: 'buffer', bodyLimit: bodyMaxBytes } as const;
  app.removeContentTypeParser('application/json'); // that of all other routes
  app.addContentTypeParser('application/json', options, async (request: FastifyRequest, body: Buffer) =>
    entriesFromJson(utf8Text(body), turns.begin(clientOf(request)), (small) => readSmall(request, small)),
  );
  app.addContentTypeParser('text/csv', options, async (request: FastifyRequest, body: Buffer) =>
    entriesFromCsv(utf8Text(body), turns.begin(clientOf(request))),
  );
}
