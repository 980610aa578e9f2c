/** The frame of an animation or the page of a file that is asked for, as browsers show it. */
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import {
  type AnimationFrame,
  type Canvas,
  canvasAt,
  gifColours,
  gifOf,
  nothing,
  type Rgba,
  webpOf,
} from './animation-files.ts';
import { tiffOf } from './tiff-file.ts';

const canvas: Canvas = { width: 12, height: 8 };

/** The same for the same seed (Park and Miller, 1988). */
function createRandom(seed: number): (below: number) => number {
  let state = seed * 7919 + 1;
  return (below) => {
    state = (state * 16_807) % 2_147_483_647;
    return state % below;
  };
}

/** Small and large frames, opaque and not, of every kind of disposal. */
function randomFrames(seed: number, choices: readonly NonNullable<AnimationFrame['afterwards']>[]): AnimationFrame[] {
  const random = createRandom(seed);
  return Array.from({ length: 2 + random(7) }, () => {
    const isWhole = random(3) === 0;
    const [left, top] = isWhole ? [0, 0] : [2 * random(5), 2 * random(3)];
    const width = isWhole ? canvas.width : 1 + random(canvas.width - left);
    const height = isWhole ? canvas.height : 1 + random(canvas.height - top);
    const colours = random(2) === 0 ? 3 : 4;
    return {
      ...{ left, top, width, height, afterwards: choices[random(choices.length)] ?? 'kept', replaces: false },
      colours: Array.from({ length: width * height }, () => gifColours[random(colours)] ?? nothing),
    };
  });
}

async function shownOf(bytes: Buffer, frame: number | 'middle'): Promise<Rgba[]> {
  const { data, channels } = await decodePicture(bytes, canvas, 5000, { frame });
  return Array.from({ length: canvas.width * canvas.height }, (_, pixel): Rgba => {
    const [red = 0, green = 0, blue = 0, alpha = 255] = data.subarray(pixel * channels, (pixel + 1) * channels);
    return alpha === 0 ? nothing : [red, green, blue, alpha];
  });
}

describe('GIF', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'when frames differ (%d), then each is shown whole',
    async (seed) => {
      const frames = randomFrames(seed, ['kept', 'cleared', 'as before']);
      const gif = gifOf(canvas, frames);
      for (const nth of frames.keys()) expect(await shownOf(gif, nth)).toEqual(canvasAt(canvas, frames, nth));
      expect(await shownOf(gif, 'middle')).toEqual(canvasAt(canvas, frames, Math.floor(frames.length / 2)));
    },
  );
});

describe('WebP', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'when frames differ (%d), then each is shown whole',
    async (seed) => {
      const random = createRandom(seed);
      const frames = randomFrames(seed, ['kept', 'cleared']).map((frame) => ({ ...frame, replaces: random(2) === 0 }));
      const webp = await webpOf(canvas, frames);
      for (const nth of frames.keys()) expect(await shownOf(webp, nth)).toEqual(canvasAt(canvas, frames, nth));
      expect(await shownOf(webp, 'middle')).toEqual(canvasAt(canvas, frames, Math.floor(frames.length / 2)));
    },
  );

  test('when a later frame is cut off, then those before are read and it is damaged', async () => {
    const frames = randomFrames(3, ['kept']);
    const webp = await webpOf(canvas, frames);
    const cut = webp.subarray(0, -4);
    for (const nth of frames.keys()) {
      if (nth < frames.length - 1) expect(await shownOf(cut, nth)).toEqual(canvasAt(canvas, frames, nth));
      else await expect(shownOf(cut, nth)).rejects.toMatchObject({ code: 'corrupt_image' });
    }
  });
});

test('when pages of a TIFF are asked for, then smaller copies of others are not counted', async () => {
  const page = (grey: number, side: number, kind = 0) => ({ photometric: 1, pixel: [grey], side, kind });
  const tiff = tiffOf([page(10, 8), page(90, 4, 1), page(200, 16), page(120, 12)], {});
  for (const [frame, side, grey] of [
    [0, 8, 10],
    [1, 16, 200],
    [2, 12, 120],
    ['middle', 16, 200],
  ] as const) {
    expect((await readHeader(tiff, [], { frame })).facts).toMatchObject({ width: side, height: side });
    expect((await decodePicture(tiff, { width: 1, height: 1 }, 5000, { frame })).data[0]).toBe(grey);
  }
  await expect(readHeader(tiff, [], { frame: 3 })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining('3 frames'),
  });
});

describe('a frame that is not there', () => {
  const create = { width: 4, height: 4, channels: 3, background: '#336699' } as const;
  const frames = randomFrames(1, ['kept']);

  test.each<[string, () => Promise<Buffer>, number]>([
    ['JPEG', () => sharp({ create }).jpeg().toBuffer(), 1],
    ['PNG', () => sharp({ create }).png().toBuffer(), 1],
    ['AVIF', () => sharp({ create }).avif().toBuffer(), 1],
    ['TIFF', () => sharp({ create }).tiff().toBuffer(), 1],
    ['still WebP', () => sharp({ create }).webp().toBuffer(), 1],
    ['still GIF', () => sharp({ create }).gif().toBuffer(), 1],
    ['GIF', async () => gifOf(canvas, frames), frames.length],
    ['WebP', () => webpOf(canvas, frames), frames.length],
  ])(
    'when it is asked for of a %s, then that is an invalid option, which says how many there are',
    async (_, make, count) => {
      const bytes = await make();
      const said = count === 1 ? 'one frame' : `${count} frames`;
      await expect(readHeader(bytes, [], { frame: count })).rejects.toMatchObject({
        code: 'invalid_option',
        message: expect.stringContaining(said),
      });
      const { width, height } = (await readHeader(bytes)).facts;
      for (const frame of [count - 1, 'middle'] as const) {
        expect((await readHeader(bytes, [], { frame })).facts).toMatchObject({ width, height });
      }
    },
  );
});
