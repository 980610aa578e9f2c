/** Gives undici what a source has sent in pieces and in turns: one read may bring 300 000 chunks of a byte. */
import type { Socket } from 'node:net';
import type { Turns } from '@tintype/runtime';

/** Of one-byte chunks some 1 400, each of which costs several microseconds. */
const pieceBytes = 8 * 1024;

/** Hosts take turns. undici reads its sockets until there is nothing, whenever they are readable. */
export function paceReads(socket: Socket, turns: Turns, host: string): void {
  const work = turns.begin({ tenant: host, hasGone: () => false });
  const read = socket.read.bind(socket);
  let isResting = false;
  const rest = async () => {
    isResting = true;
    await work.rest();
    isResting = false;
    socket.emit('readable');
  };
  socket.read = (size) => {
    const { readableLength } = socket;
    // The stream itself asks for nothing, to have more read from the system.
    if (size === 0 || readableLength === 0) return read(size);
    if (!isResting && work.isDue()) void rest();
    return isResting ? null : read(Math.min(size ?? pieceBytes, readableLength));
  };
}
