/** `/v1/counter`: how often a digit is written from 1 to n. */
import { CounterBody, CounterQuery, DigitCount, mostCounterDigits, Problem, sentenceOf } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { json } from '../http/openapi/route-schemas.ts';
import { countDigit } from './count-digit.ts';

const config = { scope: 'any' } as const;
const tags = ['counter'];
const summary = 'How often a digit is written from 1 to n';
const description =
  'Counts the digit in the numbers from 1 to `n`, written without leading zeros: 7 is in those to 1000 three hundred times.';
const response = { 200: json('The count', DigitCount) };
const querySchema = { operationId: 'countDigit', tags, summary, description, querystring: CounterQuery, response };
const bodySchema = {
  operationId: 'countDigitOfLongNumber',
  tags,
  summary: `${summary}, for an n that no URL holds`,
  description,
  body: CounterBody,
  response,
};

type Asked = { digit: string | number; n: string | number };

export const counterRoutes: FastifyPluginAsync = async (app) => {
  app.get(
    '/v1/counter',
    { schema: querySchema, config },
    async ({ query }: FastifyRequest<{ Querystring: CounterQuery }>) =>
      answer(query, mostCounterDigits.query, `POST /v1/counter takes ${mostCounterDigits.body}`),
  );
  app.post('/v1/counter', { schema: bodySchema, config }, async ({ body }: FastifyRequest<{ Body: CounterBody }>) =>
    answer(body, mostCounterDigits.body, 'no longer one is taken'),
  );
};

/** Throws `invalid_request`, which names the rule. */
function answer(asked: Asked, mostDigits: number, beyond: string): DigitCount {
  const digit = String(asked.digit).trim();
  const n = writtenOut(asked.n, mostDigits);
  const rules = {
    '/digit': /^[0-9]$/.test(digit) ? null : 'must be one digit, 0 to 9',
    '/n': wrongWith(asked.n, n, mostDigits, beyond),
  };
  const errors = Object.entries(rules).flatMap(([pointer, detail]) => (detail === null ? [] : [{ pointer, detail }]));
  if (errors.length > 0 || n === null) throw new Problem('invalid_request', { detail: sentenceOf(errors), errors });
  return { digit: Number(digit), n, count: countDigit(Number(digit), n) };
}

function wrongWith(given: string | number, n: string | null, mostDigits: number, beyond: string): string | null {
  if (typeof given === 'number' && given > Number.MAX_SAFE_INTEGER) {
    return 'is too large to be exact as a JSON number: write it as a text';
  }
  if (n === null) return 'must be a whole number of 0 or more in digits, or a power of ten, as 10^1000';
  return n.length > mostDigits ? `may have ${mostDigits} digits, and has more: ${beyond}` : null;
}

/** In digits, without zeros before them; null when it is no such number. A power too large for us is one digit too long. */
function writtenOut(given: string | number, mostDigits: number): string | null {
  const text = String(given).trim();
  const power = /^10\^([0-9]+)$/.exec(text)?.[1];
  if (power !== undefined) return `1${'0'.repeat(Math.min(Number(power), mostDigits))}`;
  return /^[0-9]+$/.test(text) ? text.replace(/^0+(?=[0-9])/, '') : null;
}
