/** Who votes, so that nobody learns who it was: a digest under a secret that is another one every 30 days. */
import { createHmac, randomBytes } from 'node:crypto';
import type { FeedbackToKeep } from '@tintype/contracts';
import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/connect.ts';
import type { Tables } from '../database/tables.ts';

/** With a secret that is gone nobody can tell any more whose the verdicts before were. */
const secretDays = 30;
const secretBytes = 32;
const secretLock = 7_215_403;
/** 132 bits. */
const voterChars = 22;

export type KeptVoter = { voter: string; network: string | null };

/** The names under which the voter's verdicts are kept now. */
export async function voterNow(
  transaction: Transaction<Tables>,
  { voter, network }: Pick<FeedbackToKeep, 'voter' | 'network'>,
): Promise<KeptVoter> {
  const secret = (await secretInForce(transaction)) ?? (await newSecret(transaction));
  const nameOf = (text: string) => createHmac('sha256', secret).update(text).digest('base64url').slice(0, voterChars);
  return { voter: nameOf(voter), network: network === undefined ? null : nameOf(network) };
}

async function secretInForce(transaction: Transaction<Tables>): Promise<Buffer | null> {
  const row = await transaction
    .selectFrom('voter_secrets')
    .select('secret')
    .where('began_at', '>', sql<Date>`now() - make_interval(days => ${secretDays})`)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.secret ?? null;
}

/** Of several processes that make one at once the first does, and the others take it over. */
async function newSecret(transaction: Transaction<Tables>): Promise<Buffer> {
  await sql`select pg_advisory_xact_lock(${secretLock})`.execute(transaction);
  const made = await secretInForce(transaction);
  if (made) return made;
  const secret = randomBytes(secretBytes);
  await transaction.deleteFrom('voter_secrets').execute();
  await transaction.insertInto('voter_secrets').values({ secret }).execute();
  return secret;
}

/** A secret that is too old goes even when nobody votes. */
export async function forgetOldSecrets(db: Database): Promise<void> {
  await sql`delete from voter_secrets where began_at <= now() - make_interval(days => ${secretDays})`.execute(db);
}
