/** Files of several pictures: the first one, as it is meant. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { box, find, heifFile } from './heic-file.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

describe('AVIF', () => {
  const sequence = fixture('avif-sequence-flat.avif');

  test('when it is a sequence, then its still picture is read', async () => {
    const { facts } = await readHeader(sequence);
    expect(facts).toMatchObject({ format: 'avif', width: 80, height: 80 });
    const { data } = await decodePicture(sequence, { width: 2, height: 2 }, 5000);
    for (const [nth, value] of [200, 0, 0].entries()) expect(Math.abs((data[nth] ?? 0) - value)).toBeLessThan(3);
  });

  test('when a sequence has no still picture, then it is refused by its name', async () => {
    const without = Buffer.from(sequence);
    without.write('free', without.indexOf('meta'), 'latin1');
    await expect(readHeader(without)).rejects.toMatchObject({ code: 'unsupported_format' });
  });
});

test.each([
  [0, 'picture'],
  [1, 'unsupported_format'],
])('when an AVIF says that layer set %d of it is meant, then that is a %s', async (layers, outcome) => {
  const create = { width: 32, height: 32, channels: 3, background: '#336699' } as const;
  const avif = await sharp({ create }).avif().toBuffer();
  const properties = [find(avif, 'ispe'), find(avif, 'av1C'), box('a1op', Buffer.from([layers]))];
  const file = heifFile([{ type: 'av01', data: find(avif, 'mdat').subarray(8), properties }], [], 1, 'avif');
  const found = await decodePicture(file, { width: 4, height: 4 }, 5000).then(
    () => 'picture',
    (err) => err.code,
  );
  expect(found).toBe(outcome);
});

describe('GIF', () => {
  test('when its first frame is smaller than the canvas, then there is nothing around it', async () => {
    const gif = fixture('gif-first-frame-smaller-than-canvas.gif');
    expect((await readHeader(gif)).facts).toMatchObject({ width: 100, height: 100, hasAlpha: true });
    const { data, channels } = await decodePicture(gif, { width: 100, height: 100 }, 5000);
    expect(channels).toBe(4);
    const at = (x: number, y: number) => [...data.subarray((y * 100 + x) * 4, (y * 100 + x) * 4 + 4)];
    expect([at(29, 40), at(70, 40), at(40, 29), at(40, 70)]).toEqual(new Array(4).fill([0, 0, 0, 0]));
    expect([at(30, 30), at(69, 69)]).toEqual(new Array(2).fill([0, 255, 0, 255]));
  });

  test('when it is made smaller, then black does not bleed in', async () => {
    const { data } = await decodePicture(
      fixture('gif-first-frame-smaller-than-canvas.gif'),
      { width: 30, height: 30 },
      5000,
    );
    const greens = new Set(data.filter((_, index) => index % 4 === 1 && (data[index + 2] ?? 0) > 0));
    expect(Math.min(...greens)).toBeGreaterThan(252);
  });

  test('when its first frame covers the canvas, then it is opaque', async () => {
    const create = { width: 20, height: 10, channels: 3, background: '#336699' } as const;
    const gif = await sharp({ create }).gif().toBuffer();
    expect((await readHeader(gif)).facts.hasAlpha).toBe((await sharp(gif).metadata()).hasAlpha);
  });

  test('when a later frame is damaged, then the first one is read', async () => {
    const frames = await Promise.all(
      ['#336699', '#993366'].map((background) =>
        sharp({ create: { width: 60, height: 40, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const whole = await decodePicture(gif, { width: 4, height: 4 }, 5000);
    for (const bytes of [1, 10, 30]) {
      expect(await decodePicture(gif.subarray(0, -bytes), { width: 4, height: 4 }, 5000)).toEqual(whole);
    }
  });

  test('when nothing is missing but what ends the file, then it is taken', async () => {
    const gif = fixture('gif-first-frame-smaller-than-canvas.gif');
    const one = { width: 10, height: 10 };
    const whole = await decodePicture(gif, one, 5000);
    expect(await decodePicture(gif.subarray(0, -1), one, 5000)).toEqual(whole);
    expect(await decodePicture(gif.subarray(0, -2), one, 5000)).toEqual(whole);
    // What ends the data is missing, and what ends the file would be the length of one more block.
    expect(await decodePicture(Buffer.concat([gif.subarray(0, -2), gif.subarray(-1)]), one, 5000)).toEqual(whole);
    await expect(decodePicture(gif.subarray(0, -30), one, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
  });

  // Codes of four bits: 8 clears the table, 1 is white. Of eight bits: 256 and 1, in nine bits each.
  test.each([
    { kind: 'within a byte', codeBits: 3, blocks: [[0x18, 0x01]], width: 2 },
    { kind: 'with its byte', codeBits: 3, blocks: [[0x18, 0x11]], width: 3 },
    { kind: 'with its byte in a block of its own', codeBits: 3, blocks: [[0x18], [0x11]], width: 3 },
    { kind: 'with the eighth byte', codeBits: 8, blocks: [[0, 3, 4, 8, 16, 32, 64, 128, 0]], width: 7 },
  ])('when the last pixel ends $kind and no code ends the data, then it is read', async (given) => {
    const { codeBits, blocks, width } = given;
    const screen = [...Buffer.from('GIF89a'), width, 0, 1, 0, 0x80, 0, 0, ...[0, 0, 0, 255, 255, 255]];
    const data = blocks.flatMap((block) => [block.length, ...block]);
    const gif = Buffer.from([...screen, 0x2c, 0, 0, 0, 0, width, 0, 1, 0, 0, codeBits, ...data, 0, 0x3b]);
    const { data: pixels } = await decodePicture(gif, { width, height: 1 }, 5000);
    expect([...pixels]).toEqual(new Array(pixels.length).fill(255));
  });

  test.each([6, 13, 20, 30, 100])('when it is cut off after %d bytes, then it is corrupt', async (bytes) => {
    const gif = fixture('gif-first-frame-smaller-than-canvas.gif').subarray(0, bytes);
    await expect(decodePicture(gif, { width: 4, height: 4 }, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
  });
});
