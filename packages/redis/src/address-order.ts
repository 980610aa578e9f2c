/** A name with several addresses: those at which a replica was found are tried last. */
import { type LookupAddress, type LookupOptions, lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';

export type AddressOrder = {
  /** For sockets: looks the name up, each time. */
  lookup: LookupFunction;
  /** Who answers there is not the one that is looked for. */
  pass(address: string | undefined): void;
};

type Resolve = (
  name: string,
  options: LookupOptions,
  callback: (err: NodeJS.ErrnoException | null, found: string | LookupAddress[], family?: number) => void,
) => void;

/** `resolveName`: the system's resolver, unless somebody else knows the addresses. */
export function createAddressOrder(resolveName: Resolve = resolve): AddressOrder {
  const passed = new Set<string>();
  return {
    lookup(name, options, callback) {
      resolveName(name, options, (err, found, family) => {
        if (err || typeof found === 'string') return callback(err, found, family);
        // When all are passed, roles may have changed.
        if (found.every(({ address }) => passed.has(address))) passed.clear();
        const isPassed = ({ address }: LookupAddress) => Number(passed.has(address));
        callback(
          null,
          found.toSorted((one, other) => isPassed(one) - isPassed(other)),
        );
      });
    },
    pass: (address) => void (address !== undefined && passed.add(address)),
  };
}
