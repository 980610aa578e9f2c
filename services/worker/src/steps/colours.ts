/** Step 5: the picture's colours and its placeholder, from the decoded pixels. */
import { extractColours } from '@tintype/colour';
import type { StoredColours } from '@tintype/contracts';
import { type Pixels, sampleForColours, thumbhashOf } from '@tintype/imaging';

export type PictureColours = { colours: StoredColours; thumbhash: string };

export async function findColours(pixels: Pixels): Promise<PictureColours> {
  const sample = await sampleForColours(pixels);
  return { colours: extractColours(sample), thumbhash: thumbhashOf(sample) };
}
