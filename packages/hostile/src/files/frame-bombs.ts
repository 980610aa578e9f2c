/** Animations of thousands of frames, of which one is wanted. */
import type { Bases } from '../bytes/bases.ts';
import { gifClearCodes, gifComment, gifControl, gifFrame, gifHeader, gifLoop, gifTrailer } from '../bytes/gif.ts';
import { chunksOf, pngChunk, pngOf } from '../bytes/png.ts';
import { type RiffChunk, riffChunksOf, webpCanvas, webpFlags, webpFrame, webpOf } from '../bytes/riff.ts';
import { plainTiff, tiffDataAt, tiffDirectoryAt } from '../bytes/tiff.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

function gif(name: string, width: number, height: number, blocks: () => readonly Buffer[]): HostileFile {
  return {
    name: `GIF ${name}`,
    bytes: () => Buffer.concat([gifHeader({ width, height }), gifLoop, ...blocks(), gifTrailer]),
    right: anythingInOrder,
  };
}

const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

function animatedWebp({ losslessWebp }: Bases, frames: number, width: number, height: number): HostileFile {
  return {
    name: `WebP of ${frames} frames on ${width} × ${height}`,
    bytes: async () => {
      const image = riffChunksOf(await losslessWebp()).find(({ type }) => type === 'VP8L');
      const frame: RiffChunk[] = image === undefined ? [] : [webpFrame(image, 160, 120)];
      const animation = { type: 'ANIM', data: Buffer.alloc(6) };
      return webpOf([webpCanvas(webpFlags.animation, width, height), animation, ...times(frames, frame).flat()]);
    },
    right: anythingInOrder,
  };
}

function apng({ png }: Bases, frames: number, claimed = frames): HostileFile {
  return {
    name: `APNG of ${frames} frames that says ${claimed}`,
    bytes: async () => {
      const [header, ...rest] = chunksOf(await png());
      const data = rest.find(({ type }) => type === 'IDAT');
      if (header === undefined || data === undefined) throw new Error('the base is no PNG');
      const control = Buffer.alloc(8);
      control.writeUInt32BE(claimed, 0);
      const frame = (number: number) => {
        const place = Buffer.alloc(26);
        place.writeUInt32BE(number * 2, 0);
        place.writeUInt32BE(160, 4);
        place.writeUInt32BE(120, 8);
        const numbered = Buffer.alloc(4 + Math.min(data.data.length, 200));
        numbered.writeUInt32BE(number * 2 + 1, 0);
        return [pngChunk('fcTL', place), pngChunk('fdAT', numbered)];
      };
      const all = Array.from({ length: frames }, (_, i) => frame(i + 1)).flat();
      return pngOf([header, pngChunk('acTL', control), ...rest.slice(0, -1), ...all, pngChunk('IEND')]);
    },
    right: anythingInOrder,
  };
}

/** Directories one after another, each a picture of its own. */
function tiffPages(pages: number): HostileFile {
  return {
    name: `TIFF of ${pages} pages`,
    bytes: () => {
      const first = plainTiff(8, 8, Buffer.alloc(64));
      const directory = first.subarray(tiffDirectoryAt(Buffer.alloc(64)));
      const all = Buffer.concat([first.subarray(0, tiffDataAt + 64), ...times(pages, directory)]);
      for (let page = 0; page < pages; page++) {
        const endOfPage = tiffDataAt + 64 + (page + 1) * directory.length;
        all.writeUInt32LE(page + 1 < pages ? endOfPage : 0, endOfPage - 4);
      }
      return all;
    },
    right: anythingInOrder,
  };
}

/** One picture that names thousands of subordinate ones. */
function tiffSubDirectories(count: number): HostileFile {
  return {
    name: `TIFF of ${count} subdirectories`,
    bytes: () => plainTiff(8, 8, Buffer.alloc(64), { subDirectories: times(count, tiffDirectoryAt(Buffer.alloc(64))) }),
    right: anythingInOrder,
  };
}

export function frameBombs(bases: Bases): FileClass {
  const frame = Buffer.concat([gifControl, gifFrame(1, 1)]);
  return {
    name: 'frame bombs',
    cases: [
      { ...gif('of 5000 frames on 1000²', 1_000, 1_000, () => times(5_000, frame)), right: ['passes'] },
      gif('of 50 000 frames', 100, 100, () => times(50_000, frame)),
      gif('of 200 000 frames', 10, 10, () => times(200_000, frame)),
      gif('of 100 000 comments', 100, 100, () => [...times(100_000, gifComment('nothing')), frame]),
      gif('of controls without a frame', 100, 100, () => times(100_000, gifControl)),
      gif('whose frame only says clear', 2_000, 2_000, () => [gifFrame(2_000, 2_000, gifClearCodes(20_000))]),
      gif('with 1000 frames of 4000²', 4_000, 4_000, () => times(1_000, gifFrame(4_000, 4_000))),
      animatedWebp(bases, 300, 160, 120),
      animatedWebp(bases, 300, 4_000, 4_000),
      apng(bases, 5_000),
      apng(bases, 1, 4_294_967_295),
      tiffPages(1_000),
      tiffPages(60_000),
      tiffSubDirectories(10_000),
      {
        name: 'TIFF that claims 65535 entries',
        bytes: () => plainTiff(8, 8, Buffer.alloc(64), {}, { claimedEntries: 65_535 }),
        right: anythingInOrder,
      },
      {
        name: 'TIFF of 100 000 strips without a byte',
        bytes: () =>
          plainTiff(8, 100_000, Buffer.alloc(64), {
            rowsPerStrip: 1,
            stripOffsets: times(100_000, tiffDataAt),
            stripByteCounts: times(100_000, 0),
          }),
        right: anythingInOrder,
      },
      {
        name: 'TIFF of 30 000 samples per pixel',
        bytes: () => plainTiff(8, 8, Buffer.alloc(64), { samplesPerPixel: 30_000 }),
        right: anythingInOrder,
      },
      {
        name: 'TIFF without any entry',
        bytes: () => plainTiff(8, 8, Buffer.alloc(64), {}, { claimedEntries: 0 }),
        right: ['corrupt_image'],
      },
    ],
  };
}
