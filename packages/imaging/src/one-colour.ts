/** Whether anything of a damaged picture was read. */
import type { Pixels } from '@tintype/raster';
import { inTurns } from './in-turns.ts';

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 1_000_000;

/** What decoders leave where they have read nothing is of one colour, whichever that is. */
export async function isOfOneColour({ data, channels }: Pixels): Promise<boolean> {
  let isSame = true;
  await inTurns(data.length / channels, pixelsPerTurn, (from, end) => {
    for (let at = from * channels; isSame && at < end * channels; at += 1) isSame = data[at] === data[at % channels];
  });
  return isSame;
}
