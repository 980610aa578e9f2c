/** The API with a Redis and a folder of its own, called without a socket. */
import { rm } from 'node:fs/promises';
import { newThumbnailId } from '@tintype/contracts';
import { createLogger, readSettings } from '@tintype/runtime';
import { makeTestFolder, startTestRedis } from '@tintype/testkit';
import type { FastifyInstance } from 'fastify';
import { apiSettings, completeSettings, createApi } from '../src/index.ts';

export type ApiUnderTest = {
  app: FastifyInstance;
  redis: { url: string; pid: number };
  folder: string;
  /** What it has logged, from `trace` on unless LOG_LEVEL says otherwise. */
  log: Record<string, unknown>[];
  stop(): Promise<void>;
};

export async function startApiUnderTest(env: Record<string, string | number> = {}): Promise<ApiUnderTest> {
  const [redis, folder] = await Promise.all([startTestRedis(), makeTestFolder()]);
  // The machine of the tests may be busy with others.
  const given = {
    REDIS_URL: redis.url,
    STORAGE: `disk:${folder}`,
    LOG_LEVEL: 'trace',
    RATE_LIMIT_TIMEOUT_MS: 2000,
    ...env,
  };
  const texts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
  const settings = completeSettings(readSettings(apiSettings, texts));
  const log: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const logger = createLogger({ name: 'api', level: settings.LOG_LEVEL, destination });
  const { app, stopSteps } = await createApi(settings, logger, { version: '0.0.0', commit: 'c'.repeat(40) }).catch(
    async (err) => {
      await redis.stop();
      throw err;
    },
  );
  await app.ready();
  for (;;) {
    const { statusCode } = await app.inject('/readyz');
    if (statusCode === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    app,
    redis,
    folder,
    log,
    async stop() {
      for (const step of stopSteps) await step.stop();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const unknownId = newThumbnailId();

export type FormPart = { name: string; value: string | Buffer; filename?: string; type?: string };

/** A multipart body and its header. */
export function form(...parts: FormPart[]): { payload: Buffer; headers: Record<string, string> } {
  const boundary = 'tintype-test-boundary';
  const chunks = parts.flatMap(({ name, value, filename, type }) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n${type === undefined ? '' : `content-type: ${type}\r\n`}\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return {
    payload: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}
