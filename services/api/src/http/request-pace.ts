/** Lets a burst of requests begin turn by turn: what hundreds do in one turn of the loop would keep all others waiting. */

import { type Client, createTurns } from '@tintype/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ConnectionPaceOptions, paceConnections } from './connection-pace.ts';

export type RequestPace = {
  /** Resolves when there is time to read a body that has arrived. */
  untilRead(request: FastifyRequest): Promise<void>;
};

/** Its slice of a turn is another one than that of long work, behind which short requests would wait. */
export function paceRequests(server: FastifyInstance['server'], options: ConnectionPaceOptions): RequestPace {
  const turns = createTurns();
  paceConnections(server, turns, options);
  return {
    async untilRead(request) {
      const work = turns.begin(senderOf(request));
      if (work.isDue()) await work.rest();
    },
  };
}

/** Whose tenant it is may not be known yet. */
function senderOf({ ip, raw }: FastifyRequest): Client {
  return { tenant: ip, hasGone: () => raw.socket.destroyed };
}
