/** Keeps a body that comes in very many small chunks from holding the loop: after so many it is read on in the next turn. */
import type { FastifyRequest } from 'fastify';

/** Each chunk costs a few microseconds, however small it is. */
const chunksPerTurn = 1000;

/**
 * Only for bodies with `transfer-encoding: chunked`: others come in pieces as large as the socket's. Node's parser hands on
 * every chunk of what was read at once; a socket that is paused then is not read again in the same turn.
 */
export function paceChunks({ raw }: Pick<FastifyRequest, 'raw'>): void {
  if (raw.headers['transfer-encoding'] === undefined) return;
  const { socket } = raw;
  const push = raw.push.bind(raw);
  const read = raw._read.bind(raw);
  let chunks = 0;
  let isHeld = false;
  const goOn = () => {
    isHeld = false;
    chunks = 0;
    read(0);
  };
  raw.push = (chunk, encoding) => {
    chunks += 1;
    if (chunks >= chunksPerTurn && !isHeld) {
      isHeld = true;
      socket.pause();
      setImmediate(goOn);
    }
    return push(chunk, encoding);
  };
  // Whoever reads would wake the socket at once.
  raw._read = (size) => {
    if (!isHeld) read(size);
  };
}
