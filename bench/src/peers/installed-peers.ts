/** All peers, and which of them are installed here. To add one, add its name to names.ts and its entry. */
import { celery } from './celery.ts';
import { imgproxy } from './imgproxy.ts';
import { ipx } from './ipx.ts';
import type { PeerName } from './names.ts';
import type { OnDemandServer } from './on-demand.ts';
import { missingLine, type Peer } from './peer.ts';
import { rq, rqSimple } from './rq.ts';
import { scipy } from './scipy.ts';

const peers: Record<PeerName, Peer> = { celery, rq, 'rq-simple': rqSimple, ipx, imgproxy, scipy };

/** The servers of those that make a picture while the client waits. */
export async function startOnDemandServers(
  here: ReadonlyMap<PeerName, Peer>,
  originHost: string,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<OnDemandServer[]> {
  const servers: OnDemandServer[] = [];
  for (const peer of here.values()) {
    const server = await peer.serve?.(originHost);
    if (!server) continue;
    onStarted(server.stop);
    servers.push(server);
  }
  return servers;
}

export type InstalledPeers = {
  present: Map<PeerName, Peer>;
  /** The versions of what they are made of. */
  versions: Record<string, string>;
  /** A line for each that is missing. */
  missing: string[];
};

/** Looks for these. */
export async function findPeers(names: readonly PeerName[]): Promise<InstalledPeers> {
  const found: InstalledPeers = { present: new Map(), versions: {}, missing: [] };
  const looks = await Promise.all(names.map(async (name) => ({ name, look: await peers[name].look() })));
  for (const { name, look } of looks) {
    if ('missing' in look) found.missing.push(missingLine(name, look));
    else {
      found.present.set(name, peers[name]);
      Object.assign(found.versions, look.versions);
    }
  }
  return found;
}
