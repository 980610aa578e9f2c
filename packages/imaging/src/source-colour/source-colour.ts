/** What a file says of its colours that libvips does not follow: it knows profiles, and takes everything else for sRGB. */
import { sniffFormat } from '@tintype/contracts';
import { directoryAt, numbersOf, openTiff } from '../tiff/directory.ts';
import { tags } from '../tiff/readable.ts';
import { colourOfAvif } from './avif-colour.ts';
import { colourOfPng, isDeepPngWithProfile } from './png-colour.ts';
import { isForWhole, nothingSaid, type SourceColour } from './told-colour.ts';

/** Of a file as libvips reads it (`soundFileOf`); null where libvips is right. */
export function sourceColourOf(bytes: Buffer): SourceColour | null {
  switch (sniffFormat(bytes)) {
    case 'png':
      return somethingOf({ ...nothingSaid, encoding: colourOfPng(bytes), hasDeepProfile: isDeepPngWithProfile(bytes) });
    case 'avif':
      return somethingOf(colourOfAvif(bytes));
    case 'tiff':
      return somethingOf({ ...nothingSaid, hasDeepProfile: isDeepTiffWithProfile(bytes) });
    default:
      return null;
  }
}

function isDeepTiffWithProfile(bytes: Buffer): boolean {
  const file = openTiff(bytes);
  const entries = directoryAt(file, file.firstAt)?.entries;
  return numbersOf(file, entries?.get(tags.bitsPerSample))[0] === 16 && (entries?.has(tags.profile) ?? false);
}

function somethingOf(colour: SourceColour): SourceColour | null {
  const isSomething = colour.encoding ?? colour.profile ?? (isForWhole(colour) || colour.hasDeepProfile);
  return isSomething ? colour : null;
}
