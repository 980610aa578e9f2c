import { describe, expect, test } from '@jest/globals';
import {
  formatsOf,
  formatsSetting,
  formatsThatAreOn,
  Problem,
  requireAcceptedFormat,
  sniffFormat,
} from '../src/index.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const isoFile = (major: string, ...brands: string[]) =>
  Buffer.concat([Buffer.from([0, 0, 0, 16 + 4 * brands.length]), bytes(`ftyp${major}\0\0\0\0${brands.join('')}`)]);

test.each([
  ['jpeg', bytes('\xff\xd8\xff\xe0')],
  ['png', bytes('\x89PNG\r\n\x1a\n')],
  ['gif', bytes('GIF89a')],
  ['webp', bytes('RIFF\0\0\0\0WEBPVP8 ')],
  ['tiff', bytes('II*\0')],
  ['tiff', bytes('MM\0*')],
  ['avif', isoFile('avif', 'mif1')],
  ['avif', isoFile('mif1', 'avif', 'miaf')],
  ['heic', isoFile('heic', 'mif1')],
  ['mp4', isoFile('isom', 'mp42')],
  ['svg', bytes('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">')],
  ['html', bytes('  <!DOCTYPE html><html>')],
  ['pdf', bytes('%PDF-1.7')],
  ['bmp', bytes('BM6\0')],
  ['ico', bytes('\0\0\x01\0\x01\0')],
  ['ico', bytes('\0\0\x02\0\x01\0')],
  ['jxl', bytes('\xff\x0a')],
  ['heic', isoFile('msf1', 'hevc', 'mif1')],
  ['raw', isoFile('crx ', 'crx ', 'isom')],
  ['raw', bytes('FUJIFILMCCD-RAW 0201')],
  ['raw', bytes('IIU\0\x18')],
  ['raw', bytes('IIRO\x08')],
  ['raw', bytes('MMOR\0')],
  ['raw', bytes('FOVb\0')],
  ['raw', bytes('\0MRM\0')],
  ['raw', bytes('II\x1a\0\0\0HEAPCCDR')],
  [null, bytes('hello, world')],
  [null, bytes('')],
  [null, bytes('\x89PNG')],
])('when a file begins as %s, then it is told', (format, head) => {
  expect(sniffFormat(head)).toBe(format);
});

test.each([
  ['not_an_image', bytes('')],
  ['not_an_image', bytes('plain text')],
  ['not_an_image', bytes('<html>')],
  ['unsupported_format', bytes('%PDF-1.7')],
  ['unsupported_format', bytes('<svg/>')],
])('when a picture is required, then %s is said of others', (code, head) => {
  expect(() => requireAcceptedFormat(head, [])).toThrow(Problem);
  try {
    requireAcceptedFormat(head, []);
  } catch (err) {
    expect(err).toMatchObject({ code, status: 415 });
  }
});

test.each([
  ['BMP', bytes('BM6\0')],
  ['ICO', bytes('\0\0\x01\0')],
  ['JPEG XL', bytes('\xff\x0a')],
  ['A camera raw file', bytes('FUJIFILMCCD-RAW')],
  ['A film (MP4, QuickTime)', isoFile('qt  ')],
])('when %s is refused, then it is said by name, with what may be sent instead', (name, head) => {
  expect(() => requireAcceptedFormat(head, [])).toThrow(`${name} is not accepted: send JPEG, PNG`);
});

describe('HEIC', () => {
  const heic = isoFile('heic', 'mif1');

  test('when nobody has switched it on, then it is said who may, and how', () => {
    expect(() => requireAcceptedFormat(heic, [])).toThrow(
      'HEIC is not accepted here: send JPEG, PNG, WebP, GIF, AVIF or TIFF. Who runs this service may switch HEIC on with FORMATS=+heic.',
    );
  });

  test('when it is switched on, then it is accepted', () => {
    expect(requireAcceptedFormat(heic, formatsOf('+heic'))).toBe('heic');
  });
});

test.each([
  ['', []],
  ['+heic', ['heic']],
  ['+heic , +heic', ['heic']],
])('when FORMATS is “%s”, then it is read', (setting, formats) => {
  expect(setting).toMatch(new RegExp(formatsSetting.pattern));
  expect(formatsOf(setting)).toEqual(formats);
});

test('when formats are switched on, then they stand beside the usual ones', () => {
  expect(formatsThatAreOn([])).toEqual(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff']);
  expect(formatsThatAreOn(['heic'])).toEqual(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic']);
});

test.each([
  ['avif', 'avif'],
  ['heic', 'heic'],
])('when a low-overhead header says that it is %s, then it is', (name, format) => {
  const head = Buffer.concat([Buffer.from([0, 0, 0, 16]), Buffer.from(`ftypmif3${name}`), Buffer.alloc(20)]);
  expect(sniffFormat(head)).toBe(format);
});

test.each(['heic', '+webm', '+heic,', '+heic+heic'])('when FORMATS is “%s”, then it is refused', (setting) => {
  expect(setting).not.toMatch(new RegExp(formatsSetting.pattern));
});
