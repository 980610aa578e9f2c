/** Which kinds of TIFF libvips reads rightly; all others are refused by their names. */
import { notAccepted, notSwitchedOn } from '@tintype/contracts';
import { directoryAt, numbersOf, type TiffDirectory, type TiffFile } from './directory.ts';

export const tags = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  planarConfiguration: 284,
  orientation: 274,
  tileWidth: 322,
  palette: 320,
  subDirectories: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  profile: 34_675,
  dngVersion: 50_706,
} as const;

const compressions: Readonly<Record<string, readonly number[]>> = {
  read: [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_001],
  raw: [32_767, 32_769, 34_713, 65_535],
};
const compressionNames: Readonly<Record<number, string>> = {
  ...{ 6: 'old-style JPEG', 34661: 'JBIG', 34676: 'LogLuv', 34677: 'LogLuv', 34712: 'JPEG 2000', 34887: 'LERC' },
  ...{ 34892: 'lossy JPEG of DNG', 34925: 'LZMA', 34933: 'PNG', 34934: 'JPEG XR', 50000: 'Zstandard' },
  ...{ 50002: 'JPEG XL', 52546: 'JPEG XL' },
};
const photometrics = { rgb: 2, ycbcr: 6, cmyk: 5, lab: 8 } as const;
/** Channels that are colours, by photometric interpretation. */
const colourChannels: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3 };
const photometricNames: Readonly<Record<number, string>> = {
  ...{ 4: 'a transparency mask', 9: 'ICCLab', 10: 'ITULab', 32844: 'LogL', 32845: 'LogLuv' },
};
/** Of the filters of a sensor, or of their sums. */
export const rawPhotometrics: readonly number[] = [32_803, 34_892];
const alphaKinds: readonly number[] = [1, 2];
const jpegCompression = 7;
const floatFormat = 3;
const separatePlanes = 2;
/** Three colours of 8 bits a sample. */
const maxPaletteValues = 3 * 256;
/** More are not read by sharp. */
const maxChannels = 5;

/** What stands beside the colours; libvips takes the last channel for alpha, whatever it is. */
export type ExtraChannels = 'nothing' | 'alpha' | 'unknown' | 'alpha and unknown';

/** Throws `unsupported_format`. */
export function refuseUnreadable(file: TiffFile, page: TiffDirectory): ExtraChannels {
  if (isCameraRaw(file, page)) throw notSwitchedOn('raw');
  const first = (tag: number, otherwise: number) => numbersOf(file, page.entries.get(tag))[0] ?? otherwise;
  const compression = first(tags.compression, 1);
  const photometric = first(tags.photometric, 1);
  const samples = first(tags.samplesPerPixel, 1);
  if (!compressions.read?.includes(compression)) {
    throw notAccepted(`A TIFF with ${compressionNames[compression] ?? `the unknown compression ${compression}`}`);
  }
  if (!page.entries.has(tags.photometric) && page.entries.has(tags.width)) {
    throw notAccepted('A TIFF that does not say what its samples are (PhotometricInterpretation)');
  }
  const colours = colourChannels[photometric];
  if (colours === undefined) {
    throw notAccepted(
      `A TIFF of ${photometricNames[photometric] ?? `the unknown photometric interpretation ${photometric}`}`,
    );
  }
  if (photometric === photometrics.ycbcr && compression !== jpegCompression)
    throw notAccepted('A TIFF of YCbCr without JPEG');
  if (photometric === photometrics.cmyk && (first(tags.inkSet, 1) !== 1 || samples < colours)) {
    throw notAccepted('A TIFF of other inks than cyan, magenta, yellow and black');
  }
  if (hasPaletteOfBytes(file, page)) throw notAccepted('A TIFF whose palette is of 8 bits');
  if (first(tags.planarConfiguration, 1) === separatePlanes && page.entries.has(tags.tileWidth)) {
    throw notAccepted('A TIFF of tiles whose planes are separate');
  }
  if (photometric !== photometrics.lab) refuseSamples(file, page, colours);
  else if (samples !== colours || !numbersOf(file, page.entries.get(tags.bitsPerSample)).every((bits) => bits === 16)) {
    throw notAccepted('A TIFF of CIELab that is not three samples of 16 bits');
  }
  return judgeExtraChannels(file, page, photometric, samples - colours);
}

/** Grey and what stands beside it, each in a plane of its own: libvips reads the planes as if they were one. */
export function isGreyInPlanes(file: TiffFile, { entries }: TiffDirectory): boolean {
  const [photometric = 1] = numbersOf(file, entries.get(tags.photometric));
  const [samples = 1] = numbersOf(file, entries.get(tags.samplesPerPixel));
  const [planes = 1] = numbersOf(file, entries.get(tags.planarConfiguration));
  return colourChannels[photometric] === 1 && samples > 1 && planes === separatePlanes;
}

/** TIFF 6.0 wants 16 bits; some programs write 8, of which libvips makes black. */
function hasPaletteOfBytes(file: TiffFile, { entries }: TiffDirectory): boolean {
  const values = numbersOf(file, entries.get(tags.palette), maxPaletteValues);
  return values.length > 0 && values.every((value) => value < 256) && values.some((value) => value > 0);
}

function refuseSamples(file: TiffFile, { entries }: TiffDirectory, colours: number): void {
  const formats = numbersOf(file, entries.get(tags.sampleFormat));
  const bits = numbersOf(file, entries.get(tags.bitsPerSample));
  if (formats.includes(floatFormat)) {
    // libvips takes them for linear light, as most programs mean them.
    if (colours === 3 && bits.every((one) => one === 16 || one === 32)) return;
    throw notAccepted('A TIFF of floating-point samples that are not RGB of 16 or 32 bits');
  }
  if (formats.some((format) => format !== 1 && format !== 4)) throw notAccepted('A TIFF of signed or complex samples');
  const usual = colours === 1 ? [1, 2, 4, 8, 16] : [8, 16];
  const unusual = bits.find((one) => !usual.includes(one) || one !== bits[0]);
  if (unusual !== undefined) throw notAccepted(`A TIFF of samples of ${[...new Set(bits)].join(' and ')} bits`);
}

function judgeExtraChannels(file: TiffFile, page: TiffDirectory, photometric: number, extra: number): ExtraChannels {
  const { entries } = page;
  const colours = colourChannels[photometric] ?? 0;
  const kinds = numbersOf(file, entries.get(tags.extraSamples), Math.max(0, extra));
  const hasAlpha = kinds.some((kind) => alphaKinds.includes(kind));
  if (extra + colours > maxChannels) throw notAccepted(`A TIFF of more than ${maxChannels} channels`);
  if (!hasAlpha) return extra > 0 ? 'unknown' : 'nothing';
  if (isGreyInPlanes(file, page)) throw notAccepted('A TIFF of grey and transparency in planes of their own');
  if (extra === 1) return 'alpha';
  const [kind = 0] = kinds;
  if (photometric !== photometrics.rgb || !alphaKinds.includes(kind)) {
    throw notAccepted('A TIFF with further channels besides transparency, of other colours than RGB or before it,');
  }
  return 'alpha and unknown';
}

/** By its first page, or by one that belongs to it. */
export function isCameraRaw(file: TiffFile, page: TiffDirectory | null): boolean {
  const first = directoryAt(file, file.firstAt);
  if (first?.entries.has(tags.dngVersion) || isCanonRaw(file)) return true;
  const belonging = numbersOf(file, first?.entries.get(tags.subDirectories)).map((at) => directoryAt(file, at));
  return [page, first, ...belonging].some((one) => {
    const [photometric = 0] = numbersOf(file, one?.entries.get(tags.photometric));
    const [compression = 0] = numbersOf(file, one?.entries.get(tags.compression));
    return rawPhotometrics.includes(photometric) || compressions.raw?.includes(compression);
  });
}

/** CR2 says so behind the header. */
function isCanonRaw({ bytes }: TiffFile): boolean {
  return bytes.toString('latin1', 8, 10) === 'CR';
}
