/** Who gives feedback, so that one has one verdict: told to others only as a digest under a key of our own. */
import { createHmac } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { SigningKeys } from '../http/auth/signing-keys.ts';
import { networkOf } from '../http/quota-holder.ts';

/** A key is one voter, whatever it says; without one a network is, or each of those that it tells apart by a word. */
export async function voterOf(
  { identity, ip }: Pick<FastifyRequest, 'identity' | 'ip'>,
  word: string | undefined,
  signingKeys: SigningKeys,
): Promise<string> {
  const voter = identity ? `${identity.kind} ${identity.id}` : `network ${networkOf(ip)} ${word ?? ''}`;
  const [key] = await signingKeys('voter');
  return createHmac('sha256', key.bytes).update(voter).digest('base64url');
}
