/** What a TIFF brings that its header does not tell of: pictures of other formats, and more data than pixels. */
import { directoryAt, numbersOf, openTiff } from '../tiff/directory.ts';
import { tags } from '../tiff/readable.ts';

/** JPEG may come in a hundred scans, WebP with thousands of prefix codes. */
const otherFormats: readonly number[] = [7, 50_001];
/** StripByteCounts and TileByteCounts. */
const countTags = [279, 325];
/** Three million pieces are as many bytes of the file. */
const maxPieces = 20_000;
/** LZW makes a third more of noise. */
const maxDataTimes = 1.5;
const spareBytes = 64 * 1024;

/** Of the page that is left in the file. */
export function isMoreThanPixels(tiff: Buffer): boolean {
  const file = openTiff(tiff);
  const entries = directoryAt(file, file.firstAt)?.entries;
  if (!entries) return false;
  const first = (tag: number, otherwise: number) => numbersOf(file, entries.get(tag))[0] ?? otherwise;
  if (otherFormats.includes(first(tags.compression, 1))) return true;
  const counts = countTags.flatMap((tag) => entries.get(tag) ?? []);
  if (counts.some(({ count }) => count > maxPieces)) return true;
  const dataBytes = counts.flatMap((entry) => numbersOf(file, entry, maxPieces)).reduce((sum, count) => sum + count, 0);
  const bits = numbersOf(file, entries.get(tags.bitsPerSample))[0] ?? 1;
  const pixelBytes = (first(tags.samplesPerPixel, 1) * bits) / 8;
  return dataBytes > maxDataTimes * first(tags.width, 0) * first(tags.height, 0) * pixelBytes + spareBytes;
}
