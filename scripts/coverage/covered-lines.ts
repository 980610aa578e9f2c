/** Which lines of a source were run: of Jest's own report, and of what V8 says in each process that tests start. */
import Type, { type Static } from 'typebox';

/** Half-open, in UTF-16 units of the source; types are only blanked out, so places are those of the source. */
const Range = Type.Object({ startOffset: Type.Integer(), endOffset: Type.Integer(), count: Type.Integer() });

/** A file that Node writes for each process and thread when NODE_V8_COVERAGE names a folder. */
export const ProcessReport = Type.Object({
  result: Type.Array(
    Type.Object({ url: Type.String(), functions: Type.Array(Type.Object({ ranges: Type.Array(Range) })) }),
  ),
});

/** Jest's report of its own process, by path of source: places, and how often each was run. */
export const JestReport = Type.Record(
  Type.String(),
  Type.Object({
    statementMap: Type.Record(Type.String(), Type.Object({ start: Type.Object({ line: Type.Integer() }) })),
    s: Type.Record(Type.String(), Type.Integer()),
  }),
);

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

export function linesRunInJest({ statementMap, s: counts }: Static<typeof JestReport>[string]): number[] {
  return Object.entries(statementMap).flatMap(([id, { start }]) => ((counts[id] ?? 0) > 0 ? [start.line] : []));
}
