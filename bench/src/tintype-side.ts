/** Tintype as a contestant: as `npm start` runs it, or with a worker that does nothing. */
import { startTintype } from '@tintype/testkit';
import Type from 'typebox';
import type { Contestant, ContestantOptions } from './contestant.ts';
import { forkModule } from './forked.ts';
import { type Served, startServedSide } from './served-side.ts';
import { profileSettings, startService } from './service.ts';
import { createThumbnailClient, judge } from './thumbnail-client.ts';

export type TintypeSideOptions = ContestantOptions & {
  workers: number;
  profileFolder: string | null;
  expectsCacheHits: boolean;
};

export async function startTintypeSide(options: TintypeSideOptions): Promise<Contestant> {
  const service = await startService(options);
  const served = { ...service, client: createThumbnailClient(service.url, options.clients), judge };
  return await startServedSide(served, { ...options, tellsItsOwn: true });
}

/** The real API and Redis; the worker takes jobs and ends them at once. */
export async function startNoopSide(
  options: ContestantOptions & Pick<TintypeSideOptions, 'profileFolder'>,
): Promise<Contestant> {
  const { profileFolder } = options;
  const apiEnv = await profileSettings(profileFolder, 'api');
  const tintype = await startTintype({ workers: 0, env: { LOG_LEVEL: 'warn' }, apiEnv });
  const worker = forkModule('./noop-worker.ts', [tintype.redis.url], await profileSettings(profileFolder, 'worker'));
  await worker.ask(Type.Object({ ready: Type.Literal(true) }));
  const served: Served = {
    pids: [tintype.redis.pid, tintype.api.pid, worker.pid],
    client: createThumbnailClient(tintype.url, options.clients),
    judge,
    redis: tintype.redis,
    warnings: () => [],
    async stop() {
      await worker.stop();
      await tintype.stop();
    },
  };
  return await startServedSide(served, { ...options, expectsCacheHits: false, tellsItsOwn: true });
}
