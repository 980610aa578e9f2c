/** Opens connections to checked addresses only: the literal, every resolved address, and the connected peer. */

import { isIP, type LookupFunction, type Socket } from 'node:net';
import { createTurns, type Turns } from '@tintype/runtime';
import { buildConnector } from 'undici';
import { isPublicAddress } from './address-guard.ts';
import { type AllowEntry, allowedRanges, allowsAddress, allowsHost, portOf } from './allow-list.ts';
import { FetchFailure } from './errors.ts';
import { createStrangerLookup, type Lookup, lookupOwn } from './lookup.ts';
import { paceReads } from './read-pace.ts';

export type ConnectSettings = {
  allow: AllowEntry[];
  /** Ports on which public addresses may be reached. */
  ports: number[];
  /** Resolving, TCP and TLS together. */
  connectTimeoutMs: number;
  /** Instead of both resolvers; for tests. */
  lookup?: Lookup;
};

/** Whether an address (an IP literal without brackets) may be connected to. */
type Permission = (address: string) => boolean;

/**
 * A lookup in the shape that net.connect wants. One forbidden address refuses the whole name: whoever publishes one
 * among public ones is trying something.
 */
function guardLookup(lookup: Lookup, permits: Permission): LookupFunction {
  return (hostname, _options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const first = addresses[0];
        if (first === undefined) callback(new FetchFailure('no_address'), []);
        else if (!addresses.every(({ address }) => permits(address))) callback(new FetchFailure('forbidden'), []);
        else callback(null, addresses);
      },
      (error) => callback(error, []),
    );
  };
}

/** The error of a connection whose peer is not what was asked for; null when it may be used. */
export function judgePeer(socket: Pick<Socket, 'remoteAddress'>, permits: Permission): FetchFailure | null {
  // Without an address the peer has gone already.
  if (socket.remoteAddress === undefined) return new FetchFailure('broke_off');
  return permits(socket.remoteAddress) ? null : new FetchFailure('forbidden');
}

function connectWhere(permits: Permission, lookup: Lookup, timeoutMs: number, turns: Turns): buildConnector.connector {
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup: guardLookup(lookup, permits),
    autoSelectFamily: true,
    // Node gives each address but the last only this long, and drops it then: 250 ms would lose far hosts.
    autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs / 3),
  });
  return (options, callback) => {
    // net.connect asks no lookup about a literal.
    if (isIP(options.hostname) !== 0 && !permits(options.hostname)) {
      process.nextTick(callback, new FetchFailure('forbidden'), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error) return callback(error, null);
      const failure = judgePeer(socket, permits);
      if (failure !== null) {
        socket.destroy();
        return callback(failure, null);
      }
      paceReads(socket, turns, options.hostname);
      callback(null, socket);
    });
  };
}

/**
 * A connector for undici. A host that the allow list names with its port is connected to as the system resolves it;
 * any other host only at public addresses on a listed port, or at addresses in an allowed range on any port. Names are
 * resolved once per connection and the connection goes to the addresses that were checked, so a second DNS answer
 * (rebinding) has no effect; a pooled connection stays at the peer that was checked.
 *
 * Fails with a `FetchFailure` of kind `forbidden`, or with the error of DNS, TCP or TLS.
 */
export function createConnector(settings: ConnectSettings): buildConnector.connector {
  const { allow, ports, connectTimeoutMs } = settings;
  const ownLookup = settings.lookup ?? lookupOwn;
  const lookup = settings.lookup ?? createStrangerLookup({ hostsFile: allowedRanges(allow).length > 0 });
  const isAllowed: Permission = (address) => allowsAddress(allow, address);

  const turns = createTurns();

  const toOwn = connectWhere(() => true, ownLookup, connectTimeoutMs, turns);
  const isOpen: Permission = (address) => isPublicAddress(address) || isAllowed(address);
  const toListedPort = connectWhere(isOpen, lookup, connectTimeoutMs, turns);
  const toOtherPort = connectWhere(isAllowed, lookup, connectTimeoutMs, turns);

  return (options, callback) => {
    const port = portOf(options);
    if (allowsHost(allow, options.hostname, port)) toOwn(options, callback);
    else if (ports.includes(port)) toListedPort(options, callback);
    else toOtherPort(options, callback);
  };
}
