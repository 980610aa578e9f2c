/** Who gives feedback, so that one has one verdict: told to others only as a digest under a key of our own. */
import { createHmac } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { SigningKeys } from '../http/auth/signing-keys.ts';
import { networkOf } from '../http/quota-holder.ts';

/** `network`: the same for all voters of one address, who may be one that invents words; none of a key. */
export type Voter = { voter: string; network?: string };

/** A key is one voter, whatever it says; without one a network is, or each of those that it tells apart by a word. */
export async function voterOf(
  { identity, ip }: Pick<FastifyRequest, 'identity' | 'ip'>,
  word: string | undefined,
  signingKeys: SigningKeys,
): Promise<Voter> {
  const [key] = await signingKeys('voter');
  const digestOf = (text: string) => createHmac('sha256', key.bytes).update(text).digest('base64url');
  if (identity) return { voter: digestOf(`${identity.kind} ${identity.id}`) };
  const network = `network ${networkOf(ip)}`;
  return { voter: digestOf(`${network} ${word ?? ''}`), network: digestOf(network) };
}
