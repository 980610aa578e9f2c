/** The page of a TIFF that is shown, alone: what else is in the file cannot spoil it, and what libvips reads wrongly is refused. */
import { directoryAt, numbersOf, openTiff, type TiffDirectory, type TiffFile, withDirectory } from './directory.ts';
import { refuseUnreadable, tags } from './readable.ts';

export type TiffPage = {
  /** The file with this page alone. */
  bytes: Buffer;
  /** It has channels of which nobody says what they mean: they are no alpha (TIFF 6.0, ExtraSamples 0). */
  hasUnknownChannels: boolean;
};

/** Pages that are looked at for one that is no smaller copy: programs write one or two of those first. */
const maxPages = 16;

/** What libvips needs for the pixels; dates, resolutions and private tags may be wrong as they like. */
const neededTags: ReadonlySet<number> = new Set([
  ...[tags.width, tags.height, tags.bitsPerSample, tags.compression, tags.photometric, tags.samplesPerPixel],
  ...[tags.planarConfiguration, tags.extraSamples, tags.sampleFormat, tags.inkSet, tags.tileWidth],
  ...[266, 273, 274, 278, 279, 292, 293, 317, 320, 323, 324, 325, 347, 529, 530, 531, 532, 34_675],
]);

/** Throws `unsupported_format` with the kind's name. A file without a page is left to libvips, which says what is wrong. */
export function shownPageOf(bytes: Buffer): TiffPage {
  const file = openTiff(bytes);
  const page = shownDirectory(file);
  if (!page) return { bytes, hasUnknownChannels: false };
  const { hasUnknownChannels } = refuseUnreadable(file, page);
  const needed = [...page.entries.values()].filter(({ tag }) => neededTags.has(tag));
  return { bytes: withDirectory(file, needed), hasUnknownChannels };
}

/** The first page, unless it says that it is a smaller copy of another one that follows. */
function shownDirectory(file: TiffFile): TiffDirectory | null {
  const first = directoryAt(file, file.firstAt);
  let page = first;
  for (let pages = 0; page && pages < maxPages; pages += 1) {
    if (!isReduced(file, page)) return page;
    page = directoryAt(file, page.nextAt);
  }
  return first;
}

/** TIFF 6.0, NewSubfileType, bit 0. */
function isReduced(file: TiffFile, { entries }: TiffDirectory): boolean {
  const [kind = 0] = numbersOf(file, entries.get(tags.newSubfileType));
  return kind % 2 === 1;
}
