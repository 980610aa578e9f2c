/** How many requests are under way at once, of everybody and of one tenant or address: waits for jobs are the long ones. */
import { Problem } from '@tintype/contracts';
import fastifyPlugin from 'fastify-plugin';
import { createFairRoom } from './fair-room.ts';
import { holderOf } from './quota-holder.ts';

export type RequestsUnderWayOptions = { most: number };

const retryAfterSeconds = 5;

/**
 * Register it behind the identification. A client that a proxy stands in front of counts by itself: it cannot hold all
 * of the proxy's connections.
 */
export const requestsUnderWay = fastifyPlugin<RequestsUnderWayOptions>(async (app, { most }) => {
  const room = createFairRoom(most);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.unlimited && request.isPermitted()) return done();
    const holder = holderOf(request);
    const giveBack = room.take(holder, 1);
    if (!giveBack) return done(tooMany(room.amountOf(holder) > 0));
    // Of a request that is broken off there is no end of an answer.
    reply.raw.once('finish', giveBack).once('close', giveBack);
    done();
  });
});

function tooMany(hasSome: boolean): Problem {
  if (hasSome) {
    return new Problem('rate_limited', {
      detail: 'Too many requests of yours are under way; let some end, or wait for several jobs in turn.',
      retryAfterSeconds,
    });
  }
  return new Problem('dependency_unavailable', {
    detail: 'Too many requests are under way just now; ask again.',
    retryAfterSeconds,
  });
}
