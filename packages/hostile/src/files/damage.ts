/** Files that chance has damaged: cut off at many places, with bits turned over, with parts moved. */
import type { BaseName, Bases } from '../bytes/bases.ts';
import { seededIntegers } from '../case.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

const names: readonly BaseName[] = [
  'jpeg',
  'progressiveJpeg',
  'png',
  'interlacedPng',
  'gif',
  'animatedGif',
  'webp',
  'losslessWebp',
  'avif',
  'tiff',
  'deflateTiff',
  'tiledTiff',
];

/** Where files are cut: behind so many bytes, or at so large a part. */
const cuts: readonly [string, (length: number) => number][] = [
  ['at 13 bytes', () => 13],
  ['at 40 bytes', () => 40],
  ['at a tenth', (length) => length * 0.1],
  ['at a half', (length) => length * 0.5],
  ['at nine tenths', (length) => length * 0.9],
  ['one byte short', (length) => length - 1],
];

/** What only its end is missing may pass; what is half there may not, unless that half is the first frame. */
function rightOfCut(name: BaseName, cut: string): HostileFile['right'] {
  const mayPass = ['one byte short', 'at nine tenths', ...(name === 'animatedGif' ? ['at a half'] : [])];
  return mayPass.includes(cut) ? ['corrupt_image', 'passes'] : ['corrupt_image', 'not_an_image', 'unsupported_format'];
}

export function truncations(bases: Bases): FileClass {
  return {
    name: 'truncations',
    cases: names.flatMap((name) =>
      cuts.map(([cut, at]) => ({
        name: `${name} cut off ${cut}`,
        bytes: async () => {
          const whole = await bases[name]();
          return whole.subarray(0, Math.floor(at(whole.length)));
        },
        right: rightOfCut(name, cut),
      })),
    ),
  };
}

const flipsPerBase = 3;

export function bitFlips(bases: Bases, seed: number): FileClass {
  return {
    name: 'bit flips',
    cases: names.flatMap((name, n) =>
      Array.from({ length: flipsPerBase }, (_, i) => ({
        name: `${name} with ${4 ** i} bits turned over`,
        bytes: async () => {
          const below = seededIntegers(seed + n * 100 + i);
          const bytes = Buffer.from(await bases[name]());
          for (let flip = 0; flip < 4 ** i; flip++) {
            // Half of them in the first 300 bytes, where the structure is.
            const at = below(flip % 2 === 0 ? Math.min(300, bytes.length) : bytes.length);
            bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
          }
          return bytes;
        },
        right: anythingInOrder,
      })),
    ),
  };
}

export function splices(bases: Bases, seed: number): FileClass {
  const parts = async (name: BaseName, i: number) => {
    const below = seededIntegers(seed + 7_000 + i);
    const bytes = await bases[name]();
    const from = 20 + below(bytes.length - 40);
    return { bytes, from, length: below(bytes.length - from), below };
  };
  const ways: readonly [string, (name: BaseName, i: number) => Promise<Buffer>][] = [
    [
      'a part missing',
      async (name, i) => {
        const { bytes, from, length } = await parts(name, i);
        return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + Math.ceil(length / 3))]);
      },
    ],
    [
      'a part twice',
      async (name, i) => {
        const { bytes, from, length } = await parts(name, i);
        return Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
      },
    ],
    [
      'the rest of another format',
      async (name, i) => {
        const { bytes, from, below } = await parts(name, i);
        const other = await bases[names[below(names.length)] ?? 'jpeg']();
        return Buffer.concat([bytes.subarray(0, from), other.subarray(Math.min(from, other.length))]);
      },
    ],
  ];
  return {
    name: 'splices',
    cases: names.flatMap((name, n) =>
      ways
        .filter((_way, w) => (n + w) % 3 !== 0)
        .map(([what, make], w) => ({
          name: `${name} with ${what}`,
          bytes: () => make(name, n * 10 + w),
          right: anythingInOrder,
        })),
    ),
  };
}
