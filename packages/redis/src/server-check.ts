/** Looks whether the server is set up to keep what it is given. */
import type { RedisConnection } from './connection.ts';

/**
 * What is wrong with the server's settings for a queue that must not lose anything; empty when all is well, or when
 * the server does not let us look (managed services often refuse CONFIG).
 */
export async function findServerWeaknesses(redis: RedisConnection): Promise<string[]> {
  const settings = await readSettings(redis).catch(() => null);
  if (settings === null) return [];
  const weaknesses: string[] = [];
  if (settings.get('appendonly') === 'no') {
    weaknesses.push('appendonly is off: accepted jobs are lost when Redis crashes (set appendonly yes)');
  }
  if (settings.get('appendonly') === 'yes' && settings.get('appendfsync') === 'no') {
    weaknesses.push(
      'appendfsync is no: a power cut may lose what was accepted in half a minute (set appendfsync always)',
    );
  }
  const policy = settings.get('maxmemory-policy');
  if (policy !== undefined && policy !== 'noeviction') {
    weaknesses.push(`maxmemory-policy is ${policy}: Redis may throw jobs away (set noeviction)`);
  }
  return weaknesses;
}

async function readSettings(redis: RedisConnection): Promise<Map<string, string>> {
  const reply: unknown = await redis.config('GET', 'appendonly', 'appendfsync', 'maxmemory-policy');
  const pairs = Array.isArray(reply) ? reply.map(String) : [];
  const settings = new Map<string, string>();
  for (let at = 0; at + 1 < pairs.length; at += 2) settings.set(pairs[at] ?? '', pairs[at + 1] ?? '');
  return settings;
}
