/** Has the extraction compiled before the first picture comes, which would otherwise take some 10 ms instead of one. */
import { extractColours } from './extract.ts';
import { extractColoursWithout } from './ignore.ts';
import type { Pixels } from './pixels.ts';

const side = 128;
const rounds = 25;
/** What is seldom asked for is compiled, too, but not to the last. */
const seldomRounds = 5;
const seldom = { count: 16, ignore: ['background', '#ffffff'], tolerance: 10 };

/**
 * Runs the extraction on made-up pictures until it is fast. To be called once when a worker starts; takes about 140 ms.
 */
export function warmUp(): void {
  const pictures = [madeUp(3, 24), madeUp(4, 24), madeUp(3, 0), patchwork()];
  for (let round = 0; round < rounds; round++) for (const picture of pictures) extractColours(picture);
  for (let round = 0; round < seldomRounds; round++) extractColoursWithout(madeUp(4, 24), seldom);
}

/**
 * Colour ramps with a fixed texture, as many-coloured as a photograph; every eighth row is transparent if there is
 * alpha.
 */
function madeUp(channels: 3 | 4, texture: number): Pixels {
  const data = new Uint8Array(side * side * channels);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const x = pixel % side;
    const y = (pixel - x) / side;
    const grain = (((pixel * 2654435761) >>> 16) & 31) * (texture / 31);
    data.set(
      [x + y / 2 + grain, y + grain, 200 - x + grain, y % 8 === 0 ? 0 : 255].slice(0, channels),
      pixel * channels,
    );
  }
  return { data, width: side, height: side, channels };
}

/** Flat colours, more of them than a palette has, with softened edges. */
function patchwork(): Pixels {
  const data = new Uint8Array(side * side * 3);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const column = (pixel % side) / 14;
    const band = Math.floor(column);
    const soft = column - band < 0.1 ? 0.5 : 1;
    const colour = [37, 91, 151].map((factor) => (band * factor * soft + (band - 1) * factor * (1 - soft) + 256) % 256);
    data.set(colour, pixel * 3);
  }
  return { data, width: side, height: side, channels: 3 };
}
