/** Which lines of a source were run, by what V8 says of each process. */
import Type, { type Static } from 'typebox';

/** Half-open, in UTF-16 units of the source; types are only blanked out, so places are those of the source. */
const Range = Type.Object({ startOffset: Type.Integer(), endOffset: Type.Integer(), count: Type.Integer() });

/** A file that Node writes for each process and thread when NODE_V8_COVERAGE names a folder. */
export const ProcessReport = Type.Object({
  result: Type.Array(
    Type.Object({ url: Type.String(), functions: Type.Array(Type.Object({ ranges: Type.Array(Range) })) }),
  ),
});

/** A line that has code: no comment, and more than closing brackets. */
type CodeLine = { number: number; start: number; end: number };

/** Lines are numbered from one. */
export function codeLinesOf(text: string): CodeLine[] {
  let at = 0;
  return text.split('\n').flatMap((line, index) => {
    const start = at + line.length - line.trimStart().length;
    const end = at + line.trimEnd().length;
    at += line.length + 1;
    const isCode = /\w/.test(line) && !/^\s*(\/\/|\/\*|\*)/.test(line);
    return isCode ? [{ number: index + 1, start, end }] : [];
  });
}

/** V8 lists what is outside before what is inside of it, so the last word on a place is the right one. */
export function linesRunBy(
  functions: Static<typeof ProcessReport>['result'][number]['functions'],
  text: string,
): number[] {
  const wasRun = new Uint8Array(text.length);
  for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
    wasRun.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  }
  return codeLinesOf(text)
    .filter(({ start, end }) => wasRun.subarray(start, end).includes(1))
    .map(({ number }) => number);
}
