/** Which formats are accepted: the usual ones, and those that the operator has switched on. */
import {
  type AcceptedFormat,
  acceptedFormats,
  type RefusedFormat,
  signatureBytes,
  sniffFormat,
} from './media-signature.ts';
import { Problem } from './problem.ts';

/** Formats that are off unless the setting FORMATS has their word. */
const switches = { '+heic': 'heic' } as const;
type Switch = keyof typeof switches;
export type SwitchedFormat = (typeof switches)[Switch];
export const switchedFormats: readonly SwitchedFormat[] = Object.values(switches);

const words = Object.keys(switches);
const word = words.map((one) => one.replace('+', '\\+')).join('|');
/** What FORMATS may say: words, comma separated. */
export const formatsSetting = {
  pattern: `^(|(${word})( *, *(${word}))*)$`,
  description: `Formats that are accepted besides the usual ones, comma separated; known words: \`${words.join('`, `')}\` (docs/formats.md says why it is off; the API and its workers need the same)`,
};

/** The formats of a setting that `formatsSetting` allows. */
export function formatsOf(setting: string): SwitchedFormat[] {
  return Object.entries(switches).flatMap(([name, format]) => (setting.includes(name) ? format : []));
}

/** All that are accepted where these are switched on. */
export function formatsThatAreOn(switchedOn: readonly SwitchedFormat[]): AcceptedFormat[] {
  return acceptedFormats.filter((format) => !isSwitched(format) || switchedOn.includes(format));
}

/** As people call what is refused. */
const names: Record<RefusedFormat | SwitchedFormat, string> = {
  svg: 'SVG',
  pdf: 'PDF',
  heic: 'HEIC',
  bmp: 'BMP',
  ico: 'ICO',
  jxl: 'JPEG XL',
  jp2: 'JPEG 2000',
  psd: 'PSD',
  openexr: 'OpenEXR',
  mp4: 'A film (MP4, QuickTime)',
  html: 'HTML',
  raw: 'A camera raw file',
};
/** What may be sent instead, for the texts of problems. */
const usualNames = 'JPEG, PNG, WebP, GIF, AVIF or TIFF';

/**
 * The format by the first bytes. Throws `not_an_image` for unknown bytes (or none), `unsupported_format` for a known
 * format that is not accepted; `switchedOn` are the formats of FORMATS.
 */
export function requireAcceptedFormat(head: Uint8Array, switchedOn: readonly SwitchedFormat[]): AcceptedFormat {
  if (head.length === 0) throw new Problem('not_an_image', { detail: 'There are no bytes.' });
  const format = sniffFormat(head.subarray(0, signatureBytes));
  if (format === null) throw new Problem('not_an_image', { detail: 'The first bytes are not those of a picture.' });
  if (format === 'html') throw new Problem('not_an_image', { detail: 'This is an HTML page, not a picture.' });
  if (!isAcceptedFormat(format)) throw notAccepted(names[format]);
  if (isSwitched(format) && !switchedOn.includes(format)) throw notSwitchedOn(format);
  return format;
}

/** The problem of a picture of this kind, with what may be sent instead. */
export function notAccepted(what: string, cause?: unknown): Problem {
  return new Problem('unsupported_format', { detail: `${what} is not accepted: send ${usualNames}.`, cause });
}

function notSwitchedOn(format: SwitchedFormat): Problem {
  const [name] = Object.entries(switches).find(([, switched]) => switched === format) ?? [];
  return new Problem('unsupported_format', {
    detail: `${names[format]} is not accepted here: send ${usualNames}. Who runs this service may switch ${names[format]} on with FORMATS=${name}.`,
  });
}

function isAcceptedFormat(format: AcceptedFormat | RefusedFormat): format is AcceptedFormat {
  return acceptedFormats.some((accepted) => accepted === format);
}

function isSwitched(format: AcceptedFormat): format is SwitchedFormat {
  return switchedFormats.some((switched) => switched === format);
}
