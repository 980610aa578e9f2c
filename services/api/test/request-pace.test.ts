/** Bursts of requests: in how many turns of the loop they begin, and what is answered. */
import { expect, test } from '@jest/globals';
import { type FastifyRequest, fastify } from 'fastify';
import { createRequestPace } from '../src/http/request-pace.ts';

function busyFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

/** An API whose requests take some time in the turn in which they begin. */
function startPaced(busyMs: number) {
  const app = fastify();
  const pace = createRequestPace();
  let turn = 0;
  let timer: NodeJS.Immediate | null = null;
  const onTurn = () => {
    turn += 1;
    timer = setImmediate(onTurn);
  };
  onTurn();
  app.addHook('onRequest', (request, _reply, done) => pace.begin(request, done));
  app.addHook('onResponse', (_request, _reply, done) => {
    pace.end();
    done();
  });
  app.addHook('onClose', async () => void (timer && clearImmediate(timer)));
  app.get('/', async () => {
    busyFor(busyMs);
    return String(turn);
  });
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, async (request: FastifyRequest, text: string) => {
    await pace.untilRead(request);
    busyFor(busyMs);
    return text;
  });
  app.post('/', async () => String(turn));
  return app;
}

const turnsOf = (answers: { body: string }[]) => new Set(answers.map(({ body }) => body)).size;

test('when many requests come at once, then no more of them begin in a turn than there is time for', async () => {
  const app = startPaced(3);
  const answers = await Promise.all(Array.from({ length: 60 }, () => app.inject('/')));
  expect(turnsOf(answers)).toBeGreaterThanOrEqual(20);
  await app.close();
});

test('when many bodies arrive at once, then no more of them are read in a turn than there is time for', async () => {
  const app = startPaced(3);
  const post = () => app.inject({ method: 'POST', url: '/', payload: 'a', headers: { 'content-type': 'text/plain' } });
  expect(turnsOf(await Promise.all(Array.from({ length: 60 }, post)))).toBeGreaterThanOrEqual(20);
  await app.close();
});
