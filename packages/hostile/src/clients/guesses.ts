/** Guessed keys, tokens and links by the hundred, against a service with quotas: none goes uncounted, and nobody else is shut out. */
import { startTintype } from '@tintype/testkit';
import pLimit from 'p-limit';
import type { AttackClass, CaseResult } from '../case.ts';

const guesses = 300;
const atOnce = 30;
const quota = 50;
const key = 'a-key-that-nobody-guesses';
const id = '0198f3a0-0000-7000-8000-000000000000';
const forgedToken = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5fQ.';

/** `opens`: what somebody with a key is told there, where it is not that there is no such thumbnail. */
type Guess = { name: string; path: string; opens?: number; headers?: (at: number) => Record<string, string> };

const kinds: readonly Guess[] = [
  {
    name: 'keys',
    path: `/v1/thumbnails/${id}`,
    headers: (at) => ({ 'x-api-key': `tt_${'0'.repeat(16)}_${String(at).padStart(43, '0')}` }),
  },
  {
    name: 'tokens',
    path: `/v1/thumbnails/${id}`,
    headers: (at) => ({ authorization: `Bearer ${forgedToken}${String(at).padStart(43, 'A')}` }),
  },
  { name: 'links', path: `/v1/thumbnails/${id}/file?exp=9999999999&sig=guessed` },
  { name: 'picture links', path: '/v1/images?url=http://a.invalid/&key=0123456789abcdef&sig=guessed', opens: 400 },
  { name: 'figures', opens: 200, path: '/metrics', headers: (at) => ({ 'x-api-key': `guess-${at}` }) },
];

export function guessedKeys(): AttackClass {
  const name = `${kinds.length} × ${guesses} guesses where the quota is ${quota}`;
  const run = async (): Promise<CaseResult> => {
    const startedMs = performance.now();
    const { url, stop } = await startTintype({
      workers: 0,
      apiEnv: {
        AUTH: 'required',
        API_KEYS: `own:${key}:thumbnails+metrics`,
        RATE_LIMIT: `requests=${quota}/600`,
        TRUST_PROXY: '127.0.0.0/8,::1',
      },
    });
    try {
      const got: string[] = [];
      for (const [at, guess] of kinds.entries()) got.push(await flood(url, guess, `192.0.2.${at + 1}`));
      const ms = Math.round(performance.now() - startedMs);
      const expected = kinds.map((guess) => told(guess, quota, guesses - quota, 0, true)).join(' · ');
      return { name, ok: got.join(' · ') === expected, expected, got: got.join(' · '), ms };
    } finally {
      await stop();
    }
  };
  return { kind: 'clients', name: 'guesses', atOnce: 1, attacks: [{ name, isSlow: true, run }] };
}

/** Guesses from one address, and then asks from there with a key. */
async function flood(
  url: string,
  { name, path, opens = 404, headers = () => ({}) }: Guess,
  address: string,
): Promise<string> {
  const limit = pLimit(atOnce);
  const ask = async (more: Record<string, string>) => {
    const response = await fetch(`${url}${path}`, { headers: { 'x-forwarded-for': address, ...more } });
    await response.arrayBuffer();
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: guesses }, (_, at) => limit(() => ask(headers(at)))));
  const count = (...of: number[]) => statuses.filter((status) => of.includes(status)).length;
  const known = await fetch(`${url}${path.split('?')[0]}`, {
    headers: { 'x-forwarded-for': address, 'x-api-key': key },
  });
  await known.arrayBuffer();
  const [refused, limited] = [count(401, 403), count(429)];
  return told({ name }, refused, limited, guesses - refused - limited, known.status === opens);
}

function told({ name }: Pick<Guess, 'name'>, refused: number, limited: number, others: number, opens: boolean): string {
  return `${name}: ${refused} refused, ${limited} limited, ${others} else, a key ${opens ? 'opens' : 'is shut out'}`;
}
