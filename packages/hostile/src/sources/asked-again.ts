/** Origins that are asked a second time for the same URL, by the validators that they gave, and play with that. */
import type { OriginHeaders, ServeOptions } from '@tintype/testkit';
import { type Attack, judge, type Verdict } from '../case.ts';
import { submit } from '../jobs.ts';
import type { Rig } from '../rig.ts';

/** What is served first, and what then. */
type Row = {
  name: string;
  first: OriginHeaders;
  second: OriginHeaders;
  notModified?: ServeOptions['notModified'];
  right: readonly Verdict[];
};

const tag = { etag: '"one"' };
const isAsked: ServeOptions['notModified'] = (asked) => asked['if-none-match'] !== undefined;
const many = Object.fromEntries(Array.from({ length: 500 }, (_, at): [string, string] => [`x-${at}`, 'nothing']));

const rows: readonly Row[] = [
  { name: 'a 304 that is true', first: tag, second: tag, right: ['passes'] },
  { name: 'a 304 for other bytes', first: tag, second: tag, notModified: isAsked, right: ['passes'] },
  { name: 'a 304 about another tag', first: tag, second: { etag: '"two"' }, notModified: isAsked, right: ['passes'] },
  {
    name: 'a 304 about another tag, asked or not',
    first: tag,
    second: { etag: '"two"' },
    notModified: () => true,
    right: ['source_status'],
  },
  { name: 'a 304 without any tag', first: tag, second: {}, notModified: isAsked, right: ['passes'] },
  {
    name: 'a 304 with 500 headers',
    first: tag,
    second: { ...tag, ...many },
    notModified: isAsked,
    right: ['passes', 'source_unreachable'],
  },
  {
    name: 'a 304 with a header of 1 MB',
    first: tag,
    second: { ...tag, 'x-large': 'a'.repeat(1_000_000) },
    notModified: isAsked,
    right: ['source_unreachable'],
  },
  {
    name: 'a 304 with a Content-Length',
    first: tag,
    second: { ...tag, 'content-length': '100' },
    notModified: isAsked,
    right: ['passes'],
  },
  {
    name: 'a 412 that nobody asked for',
    first: tag,
    second: {},
    notModified: (asked) => isAsked(asked) && 412,
    right: ['passes'],
  },
  { name: 'a 412 to everything', first: tag, second: {}, notModified: () => 412, right: ['source_status'] },
  { name: 'a 206 to a condition', first: tag, second: tag, notModified: () => 206, right: ['source_status'] },
  { name: 'a tag of 15 kB', first: { etag: `"${'a'.repeat(15_000)}"` }, second: {}, right: ['passes'] },
  { name: 'a tag of two lines', first: { etag: '"a"\t, "b"' }, second: {}, right: ['passes'] },
  { name: 'a date a hundred years ahead', first: { 'last-modified': dateIn(100) }, second: {}, right: ['passes'] },
  {
    name: 'a Cache-Control of 15 kB of open quotes',
    first: { ...tag, 'cache-control': 'a="\\"'.repeat(3000) },
    second: tag,
    right: ['passes'],
  },
  {
    name: 'freshness for longer than there is time',
    first: { ...tag, 'cache-control': `max-age=${'9'.repeat(10_000)}`, age: `-${'9'.repeat(1000)}` },
    second: tag,
    right: ['passes'],
  },
];

function dateIn(years: number): string {
  return new Date(Date.now() + years * 31_557_600_000).toUTCString();
}

/** The first answer is a good picture, the second one comes with another. */
export function askedAgainAttacks(pictures: readonly [Buffer, Buffer]): Attack[] {
  const attacks = rows.map(({ name, first, second, notModified, right }, at): Attack => {
    const path = `/asked-again/${at}.jpg`;
    return {
      name,
      async run(rig: Rig) {
        const { origin } = rig;
        origin.serve(path, pictures[0], { headers: first });
        const before = await submit(rig, name, origin.url(path));
        if (before.verdict !== 'passes') return judge(name, ['passes'], before.verdict, before.ms);
        origin.serve(path, pictures[1], { headers: second, ...(notModified && { notModified }) });
        const { verdict, ms } = await submit(rig, name, origin.url(path));
        return judge(name, right, verdict, ms);
      },
    };
  });
  return [...attacks, answersInOne(pictures[0])];
}

/** A 304 with another answer behind it on the same connection: that one is nobody's. */
function answersInOne(picture: Buffer): Attack {
  const name = 'a 304 that brings a second answer';
  const path = '/asked-again/tagged.jpg';
  return {
    name,
    async run(rig: Rig) {
      rig.origin.serve(path, picture, { headers: tag });
      const url = rig.origin.url(`/not-modified-and-more?then=${path}`);
      const before = await submit(rig, name, url);
      if (before.verdict !== 'passes') return judge(name, ['passes'], before.verdict, before.ms);
      const { verdict, ms } = await submit(rig, name, url);
      return judge(name, ['passes'], verdict, ms);
    },
  };
}
