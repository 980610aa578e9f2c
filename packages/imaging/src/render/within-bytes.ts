/** The quality of which a file has no more than so many bytes: looked for in a part of the picture, then made of all of it. */
import { Problem } from '@tintype/contracts';
import type { Pixels } from '@tintype/raster';

/** Rows that are taken together, so that most blocks of an encoder have their own neighbours. */
const bandRows = 32;
/** Of what is at most so large, all is taken. */
const leastSamplePixels = 32_768;
/** And of what is large one band of so many. */
const mostEvery = 8;
/** A file that makes use of so much of what it may have is good enough: the next quality would hardly be a better one. */
const goodPart = 0.9;
/** And what was made so often is good enough where it fits at all: to encode millions of pixels again is dear. */
const mostTries = (pixels: Pixels) => (pixels.width * pixels.height > 1_000_000 ? 2 : 4);
/** What is looked for in the sample: as far from too large as from too small. */
const aimedPart = (1 + goodPart) / 2;
/** What is near enough to that. */
const nearPart = 0.03;

export type EncodeAt<File> = (pixels: Pixels, quality: number) => Promise<File>;

/**
 * The file of the best quality up to `best` that is no larger than `maxBytes`, or of one a little below. Throws `invalid_option` when no quality makes it small enough.
 */
export async function encodeWithin<File extends { bytes: Uint8Array }>(
  pixels: Pixels,
  { maxBytes, best }: { maxBytes: number; best: number },
  encodeAt: EncodeAt<File>,
): Promise<File> {
  const guess = createGuess(pixels, encodeAt);
  let [low, high] = [0, best + 1];
  let found: File | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  for (let tries = 1; low + 1 < high && !(found && tries > mostTries(pixels)); tries += 1) {
    const quality = await guess.bestWithin(maxBytes, low + 1, high - 1);
    const file = await encodeAt(pixels, quality);
    const size = file.bytes.length;
    smallest = Math.min(smallest, size);
    await guess.learn(quality, size);
    if (size > maxBytes) {
      high = quality;
      continue;
    }
    [low, found] = [quality, file];
    if (size >= goodPart * maxBytes) break;
  }
  if (found) return found;
  const detail = `no quality makes the file as small as ${maxBytes} bytes; the smallest has ${smallest}`;
  throw new Problem('invalid_option', {
    detail: `\`max_bytes\`: ${detail}.`,
    errors: [{ pointer: '/max_bytes', detail }],
  });
}

/** How large the file of a quality will be, by that of a sample, and by what was learned of whole files. */
function createGuess<File extends { bytes: Uint8Array }>(pixels: Pixels, encodeAt: EncodeAt<File>) {
  const sample = sampleOf(pixels);
  const sizes = new Map<number, number>();
  let scale = (pixels.width * pixels.height) / (sample.width * sample.height);
  const sampleBytes = async (quality: number): Promise<number> => {
    const known = sizes.get(quality);
    if (known !== undefined) return known;
    const { bytes } = await encodeAt(sample, quality);
    sizes.set(quality, bytes.length);
    return bytes.length;
  };
  return {
    /** The best of these that should fit; the least of them where none should. */
    async bestWithin(maxBytes: number, least: number, most: number): Promise<number> {
      let [low, high] = [least, most];
      for (let tried = most; low < high; tried = Math.ceil((low + high) / 2)) {
        const part = ((await sampleBytes(tried)) * scale) / maxBytes;
        if (Math.abs(part - aimedPart) <= nearPart) return tried;
        if (part <= aimedPart) low = tried;
        else high = tried - 1;
      }
      return low;
    },
    async learn(quality: number, bytes: number): Promise<void> {
      scale = bytes / (await sampleBytes(quality));
    },
  };
}

/** Bands from all over the picture, one below the other. */
function sampleOf(pixels: Pixels): Pixels {
  const { data, width, height, channels } = pixels;
  const every = Math.min(mostEvery, Math.floor((width * height) / leastSamplePixels));
  const bands = Math.floor(height / (bandRows * every));
  if (every < 2 || bands < 1) return pixels;
  const bandBytes = bandRows * width * channels;
  const sample = new Uint8Array(bands * bandBytes);
  for (let band = 0; band < bands; band += 1) {
    const from = Math.floor((band + 0.5) * every) * bandBytes;
    sample.set(data.subarray(from, from + bandBytes), band * bandBytes);
  }
  return { data: sample, width, height: bands * bandRows, channels };
}
