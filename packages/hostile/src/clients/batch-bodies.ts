/** Batches as large as they may be, too large, and made so that reading or refusing one takes as long as it can. */
import { type ClientClass, type HostileClient, host, request } from './hostile-client.ts';

const accepted = [200, 202] as const;
const refused = [400, 413, 422] as const;
/** Most items of a batch, and what its body may have. */
const mostItems = 500;
const bodyBytes = 2 ** 20;

const items = (count: number, item: (index: number) => string) =>
  `{"items":[${Array.from({ length: count }, (_, index) => item(index)).join(',')}]}`;
/** Of nobody (RFC 5737). */
const urlOf = (index: number) => `"url":"http://192.0.2.1/${index}"`;
/** What each item may have of the body, all told. */
const share = Math.floor(bodyBytes / mostItems) - 60;

type Row = readonly [name: string, body: () => string, right: HostileClient['right']];

const bodies: readonly Row[] = [
  ['of 500 items', () => items(mostItems, (index) => `{${urlOf(index)}}`), accepted],
  ['of 501 items', () => items(mostItems + 1, (index) => `{${urlOf(index)}}`), refused],
  ['of 100 000 items', () => items(100_000, () => '{}'), refused],
  ['of 500 numbers', () => items(mostItems, String), accepted],
  [
    'of 500 items with as many unknown fields as fit',
    () =>
      items(mostItems, (index) => {
        const fields = Array.from({ length: Math.floor(share / 10) }, (_, at) => `"${1000 + at}":1`);
        return `{${urlOf(index)},${fields.join(',')}}`;
      }),
    accepted,
  ],
  [
    'of 500 items whose URLs take all the room',
    () => items(mostItems, (index) => `{"url":"http://192.0.2.1/${index}${'é'.repeat(share / 2 - 40)}"}`),
    accepted,
  ],
  [
    'of more than 1 MB',
    () => items(mostItems, (index) => `{${urlOf(index)},"background":"${'x'.repeat(share + 60)}"}`),
    refused,
  ],
  ['of items within items', () => `{"items":[${'{"items":['.repeat(60_000)}${']}'.repeat(60_000)}]}`, refused],
  ['of items that are an object', () => `{"items":{"length":4294967295,"0":{${urlOf(0)}}}}`, refused],
  ['of a field called __proto__', () => `{"items":[{${urlOf(0)},"__proto__":{"width":1}}]}`, [...accepted, ...refused]],
];

const boundary = 'xxBOUNDARYxx';

/** One at a time, so that what the loop was held by has a name. */
export function batchBodies(): ClientClass {
  const json = bodies.map(([name, body, right]) => ({
    name: `a batch ${name}`,
    pieces: () => [request('POST', '/v1/batches', ['content-type: application/json'], body())],
    right,
    isSlow: true,
  }));
  const files: HostileClient = {
    name: 'a form that says it has 500 files of 25 MB',
    pieces: [
      Buffer.from(
        `POST /v1/thumbnails HTTP/1.1\r\nhost: ${host}\r\ncontent-type: multipart/form-data; boundary=${boundary}\r\ncontent-length: ${mostItems * 25 * 2 ** 20}\r\n\r\n--${boundary}\r\n`,
      ),
    ],
    right: [413],
  };
  return { name: 'batches', atOnce: 1, cases: [...json, files] };
}
