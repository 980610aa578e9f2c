/** `/v1/thumbnails`: hand in, look up, act on. */

import type { Turns } from '@tintype/runtime';
import type { FastifyPluginAsync } from 'fastify';
import { presetRoutes } from '../presets/preset-routes.ts';
import type { Presets } from '../presets/presets.ts';
import { actionRoutes } from './action-routes.ts';
import { createAnswerRecord } from './answer-record.ts';
import { readRoutes } from './read-routes.ts';
import { type HandInSeveral, submitRoutes } from './submit-routes.ts';
import type { ThumbnailText, ViewThumbnail } from './thumbnail-view.ts';
import type { Thumbnails } from './thumbnails.ts';

export type ThumbnailRoutesOptions = {
  thumbnails: Thumbnails;
  viewThumbnail: ViewThumbnail;
  textOfThumbnail: ThumbnailText;
  /** Prefix of links. */
  publicUrl: string;
  uploadMaxBytes: number;
  /** Most bytes of all files of one form. */
  formMaxBytes: number;
  /** Answers a form of several files. */
  handInSeveral: HandInSeveral;
  /** Whether files may be kept by shared caches. */
  sharedFiles: boolean;
  /** Aborts when the process stops: whoever waits is then answered with what there is. */
  stopping: AbortSignal;
  turns: Turns;
  presets: Presets;
};

export const thumbnailRoutes: FastifyPluginAsync<ThumbnailRoutesOptions> = async (app, options) => {
  const answerRecord = createAnswerRecord({ ...options, fileOf: options.thumbnails.fileOf });
  await app.register(submitRoutes, { ...options, answerRecord });
  await app.register(readRoutes, { ...options, answerRecord });
  await app.register(actionRoutes, options);
  await app.register(presetRoutes, options);
};
