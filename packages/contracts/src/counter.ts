/** How often a digit is written when one counts from 1 to n. */
import Type, { type Static } from 'typebox';

/** What a line of a request may hold is less than a body may. */
export const mostCounterDigits = { query: 8000, body: 20_000 } as const;

const digitIs = { description: '0 to 9', examples: ['7'] };
const nIs = (most: number) => ({
  description: `a whole number of up to ${most} digits, or a power of ten as \`10^1000\``,
  examples: ['1000'],
});

/** Query of `GET /v1/counter`. */
export const CounterQuery = Type.Object({ digit: Type.String(digitIs), n: Type.String(nIs(mostCounterDigits.query)) });

/** Body of `POST /v1/counter`; numbers are taken as long as they are exact. */
export const CounterBody = Type.Object(
  {
    digit: Type.Union([Type.String(), Type.Integer()], digitIs),
    n: Type.Union([Type.String(), Type.Integer()], nIs(mostCounterDigits.body)),
  },
  { $id: 'CounterBody', additionalProperties: false, examples: [{ digit: 7, n: '10^100' }] },
);

/** Answer of both. Numbers of any length are texts, which no client rounds. */
export const DigitCount = Type.Object(
  {
    digit: Type.Integer({ minimum: 0, maximum: 9 }),
    n: Type.String({ description: 'in digits' }),
    count: Type.String({ description: 'how often the digit is in the numbers from 1 to n, in digits' }),
  },
  { $id: 'DigitCount', examples: [{ digit: 7, n: '1000', count: '300' }] },
);

export type CounterQuery = Static<typeof CounterQuery>;
export type CounterBody = Static<typeof CounterBody>;
export type DigitCount = Static<typeof DigitCount>;
