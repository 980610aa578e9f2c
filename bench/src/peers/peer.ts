/** What a peer is: how it is seen whether it is here, and how it is started. */
import type { Contestant, ContestantOptions } from '../contestant.ts';
import type { PeerName } from './names.ts';
import type { OnDemandServer } from './on-demand.ts';

export type Peer = {
  name: PeerName;
  /** Its parts and their versions, or what to do so that they are here. */
  look(): Promise<Installed | Missing>;
  start(options: ContestantOptions): Promise<Contestant>;
  /** Of those that make a picture while the client waits: the server alone. It may fetch from this host. */
  serve?(originHost: string): Promise<OnDemandServer>;
};

export type Installed = { versions: Record<string, string> };
export type Missing = { missing: string[]; install: string };

/** One line for people. */
export function missingLine(name: PeerName, { missing, install }: Missing): string {
  return `${name} is left out: no ${missing.join(', ')} (${install})`;
}
