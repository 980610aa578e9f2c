/** `/v1/presets`: what the operator keeps under names, presets and watermarks. */
import { PresetList } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import { json } from '../http/openapi/route-schemas.ts';
import type { Presets } from './presets.ts';

export type PresetRoutesOptions = { presets: Pick<Presets, 'list'> };

const config = { scope: 'thumbnails' } as const;
const schema = {
  operationId: 'listPresets',
  tags: ['thumbnails'],
  summary: 'The presets and watermarks that requests may name',
  description:
    '`preset` of a request, or of one of its sizes, stands for the options of that name in PRESETS_FILE; what the request says itself counts before them. `watermark` names one of the pictures of that file.',
  response: { 200: json('All of them', PresetList) },
};

export const presetRoutes: FastifyPluginAsync<PresetRoutesOptions> = async (app, { presets }) => {
  app.get('/v1/presets', { schema, config }, async () => presets.list());
};
