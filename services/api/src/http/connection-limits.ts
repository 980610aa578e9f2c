/** How many connections are open at once: in all, and of one network, which may have as many as are left free. */
import type { Socket } from 'node:net';
import { Problem } from '@tintype/contracts';
import { createFairRoom } from './fair-room.ts';
import { networkOf } from './quota-holder.ts';

export type ConnectionLimits = {
  /**
   * Lets a connection in, for which one that does nothing may have to go; throws a problem when there is no room.
   * Returns the network by which it counts; null for a proxy's, which carry many clients and count in all only.
   */
  admit(socket: Socket, isDispensable: () => boolean): string | null;
};

const retryAfterSeconds = 5;
const tooMany = new Problem('rate_limited', {
  detail: 'Too many connections from your address are open; close some, or use those that are open.',
  retryAfterSeconds,
});
const full = new Problem('dependency_unavailable', {
  detail: 'Too many connections are open just now; connect again.',
  retryAfterSeconds,
});

type Open = { isDispensable(): boolean; close(): void };

/** The oldest one without a request, or with one that does not go on. */
function dispensableOf(connections: Iterable<Open>): Open | null {
  for (const one of connections) if (one.isDispensable()) return one;
  return null;
}

/** `isProxy` says of an address whether others stand behind it. */
export function createConnectionLimits(most: number, isProxy: (address: string) => boolean): ConnectionLimits {
  const room = createFairRoom(most);
  const open = new Map<string, Set<Open>>();

  /** The oldest dispensable one of the network that has most, of those that have one. Nothing is sorted: floods come here. */
  const dispensableOfLargest = (): Open | null => {
    let largest = 0;
    let found: Open | null = null;
    for (const ofNetwork of open.values()) {
      const oldest = ofNetwork.size > largest ? dispensableOf(ofNetwork) : null;
      if (!oldest) continue;
      largest = ofNetwork.size;
      found = oldest;
    }
    return found;
  };
  /** Who has some gives up one of its own; else everything is taken, and whoever has most gives one up. */
  const takeRoom = (network: string | null): (() => void) => {
    const taken = room.take(network, 1);
    if (taken) return taken;
    const own = network === null ? undefined : open.get(network);
    const oldest = own ? dispensableOf(own) : dispensableOfLargest();
    oldest?.close();
    const given = oldest ? room.take(network, 1) : null;
    if (given) return given;
    throw own ? tooMany : full;
  };

  return {
    admit(socket, isDispensable) {
      const address = socket.remoteAddress ?? '';
      const network = isProxy(address) ? null : networkOf(address);
      const giveBack = takeRoom(network);
      if (network === null) {
        socket.once('close', giveBack);
        return null;
      }
      const ofNetwork = open.get(network) ?? new Set<Open>();
      open.set(network, ofNetwork);
      const forget = () => {
        giveBack();
        ofNetwork.delete(one);
        if (ofNetwork.size === 0 && open.get(network) === ofNetwork) open.delete(network);
      };
      const one: Open = {
        isDispensable,
        close() {
          forget();
          socket.destroy();
        },
      };
      ofNetwork.add(one);
      socket.once('close', forget);
      return network;
    },
  };
}
