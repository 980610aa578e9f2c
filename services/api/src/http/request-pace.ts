/** Lets a burst of requests begin turn by turn: what hundreds do in one turn of the loop would keep all others waiting. */
import type { FastifyRequest } from 'fastify';
import { type Client, createTurns, type LongWork } from './turns.ts';

/** While no more are under way requests without a body begin at once. */
const fewRequests = 8;

export type RequestPace = {
  /** Calls back at once, or in one of the next turns. Clients take turns; what one of them has sent keeps its order. */
  begin(request: FastifyRequest, done: (err?: Error) => void): void;
  /** Whoever hangs up before the answer may stay counted: then bursts are paced earlier, and that is all. */
  end(): void;
  /** Resolves when there is time to read a body that has arrived. */
  untilRead(request: FastifyRequest): Promise<void>;
};

/** Its slice of a turn is another one than that of long work, behind which short requests would wait. */
export function createRequestPace(): RequestPace {
  const turns = createTurns();
  const workOf = (request: FastifyRequest): LongWork => turns.begin(senderOf(request));
  let underWay = 0;
  return {
    begin(request, done) {
      underWay += 1;
      if (underWay <= fewRequests) return done();
      const work = workOf(request);
      if (work.isDue()) work.rest().then(() => done(), done);
      else done();
    },
    end() {
      underWay -= 1;
    },
    async untilRead(request) {
      const work = workOf(request);
      if (work.isDue()) await work.rest();
    },
  };
}

/** Whose tenant it is may not be known yet. */
function senderOf({ ip, raw }: FastifyRequest): Client {
  return { tenant: ip, hasGone: () => raw.socket.destroyed };
}
