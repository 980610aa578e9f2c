/** The page of a TIFF that is shown, alone: what else is in the file cannot spoil it, and what libvips reads wrongly is refused. */
import type { FrameChoice } from '@tintype/contracts';
import { chosenFrame } from '../frames/chosen-frame.ts';
import { directoryAt, numbersOf, openTiff, type TiffDirectory, type TiffFile, withDirectory } from './directory.ts';
import { type ExtraChannels, isGreyInPlanes, refuseUnreadable, tags } from './readable.ts';

export type TiffPage = {
  /** The file with this page alone. */
  bytes: Buffer;
  /** Those of which nobody says what they mean are no alpha (TIFF 6.0, ExtraSamples 0). */
  extraChannels: ExtraChannels;
  /** Of a tile that cannot be read libvips only warns. */
  isTiled: boolean;
};

/** Pages that are looked at for one that is no smaller copy: programs write one or two of those first. */
const maxPages = 16;

/** Of those that are numbered; files with more than a thousand are for a child. */
const maxNumberedPages = 100_000;
/** The kind of a page has the lowest tag that there is, but some writers put older ones before it. */
const entriesForKind = 4;

/** What libvips needs for the pixels; dates, resolutions and private tags may be wrong as they like. */
const neededTags: ReadonlySet<number> = new Set([
  ...[tags.width, tags.height, tags.bitsPerSample, tags.compression, tags.photometric, tags.samplesPerPixel],
  ...[tags.planarConfiguration, tags.extraSamples, tags.sampleFormat, tags.inkSet, tags.tileWidth],
  ...[266, 273, 274, 278, 279, 292, 293, 317, 320, 323, 324, 325, 347, 529, 530, 531, 532, 34_675],
]);

/** Without them the first plane is all that there is. */
const planeTags: ReadonlySet<number> = new Set([tags.samplesPerPixel, tags.planarConfiguration, tags.extraSamples]);

/**
 * Throws `unsupported_format` with the kind's name, `invalid_option` for a page that is not there. A file without a page is
 * left to libvips, which says what is wrong.
 */
export function shownPageOf(bytes: Buffer, choice: FrameChoice): TiffPage {
  const file = openTiff(bytes);
  const page = choice === 0 ? shownDirectory(file) : chosenDirectory(file, choice);
  if (!page) return { bytes, extraChannels: 'nothing', isTiled: false };
  const extraChannels = refuseUnreadable(file, page);
  const isFirstPlane = isGreyInPlanes(file, page);
  const needed = [...page.entries.values()].filter(
    ({ tag }) => neededTags.has(tag) && !(isFirstPlane && planeTags.has(tag)),
  );
  return {
    bytes: withDirectory(file, needed),
    extraChannels: isFirstPlane ? 'nothing' : extraChannels,
    isTiled: page.entries.has(tags.tileWidth),
  };
}

/** The first page, unless it says that it is a smaller copy of another one that follows, or that belongs to it. */
function shownDirectory(file: TiffFile): TiffDirectory | null {
  const first = directoryAt(file, file.firstAt);
  let page = first;
  for (let pages = 0; page && pages < maxPages; pages += 1) {
    if (!isReduced(file, page)) return page;
    page = directoryAt(file, page.nextAt);
  }
  const belonging = numbersOf(file, first?.entries.get(tags.subDirectories)).map((at) => directoryAt(file, at));
  return belonging.find((one) => one !== null && !isReduced(file, one)) ?? first;
}

/** Smaller copies are not counted, unless there is nothing else. */
function chosenDirectory(file: TiffFile, choice: FrameChoice): TiffDirectory | null {
  const places: number[] = [];
  for (let at = file.firstAt, pages = 0; pages < maxNumberedPages && places.length - 1 !== choice; pages += 1) {
    const page = directoryAt(file, at, entriesForKind);
    if (!page) break;
    if (!isReduced(file, page)) places.push(at);
    at = page.nextAt;
  }
  const chosen = chosenFrame(choice, places.length);
  return directoryAt(file, places[chosen] ?? file.firstAt);
}

/** TIFF 6.0, NewSubfileType, bit 0. */
function isReduced(file: TiffFile, { entries }: TiffDirectory): boolean {
  const [kind = 0] = numbersOf(file, entries.get(tags.newSubfileType));
  return kind % 2 === 1;
}
