/** What is no accepted picture, however it is handed in. */
import type { Bases } from '../bytes/bases.ts';
import { marker } from '../bytes/exif.ts';
import { type FileClass, type HostileFile, refusedAsForeign } from './hostile-file.ts';

const svg = (body: string, before = '') =>
  `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="100">${body}</svg>`;

/** Each level uses the one below ten times. */
const useBomb = svg(
  `<defs><rect id="u0" width="1" height="1"/>${Array.from(
    { length: 9 },
    (_, i) => `<g id="u${i + 1}">${`<use xlink:href="#u${i}"/>`.repeat(10)}</g>`,
  ).join('')}</defs><use xlink:href="#u9"/>`,
);

const entity = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>';

const texts: readonly [string, string][] = [
  ['SVG', svg('<rect width="50" height="50"/>')],
  ['SVG use bomb', useBomb],
  ['SVG with an external entity', svg('<text>&x;</text>', entity)],
  ['SVG with a picture from the inside', svg('<image xlink:href="http://169.254.169.254/latest/meta-data/"/>')],
  ['SVG with a script', svg(`<script>alert('${marker}')</script>`)],
  ['SVG behind 600 spaces', `${' '.repeat(600)}${svg('')}`],
  ['SVG in UTF-16', Buffer.from(`\ufeff${svg('')}`, 'utf16le').toString('latin1')],
  ['HTML', '<!doctype html><title>x</title>'],
  ['plain text', 'just words\n'],
  ['JSON', '{"url":"x"}'],
  ['EPS', '%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(id) run\n'],
  [
    'ImageMagick vector graphics',
    'push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 "|id"\npop graphic-context',
  ],
  ['PDF', '%PDF-1.7\n%%EOF'],
  ['portable pixmap', 'P6 4 4 255\n'],
  ['XPM', '/* XPM */ static char *x[] = {"1 1 1 1","a c red","a"};'],
  ['Radiance HDR', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n'],
  ['FITS', 'SIMPLE  =                    T'.padEnd(2_880)],
  ['MATLAB file', 'MATLAB 5.0 MAT-file'.padEnd(200)],
  ['a script', '#!/bin/sh\nid\n'],
];

const binaries: readonly [string, readonly number[] | Buffer][] = [
  ['ELF', [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]],
  ['ZIP', [0x50, 0x4b, 3, 4, 20, 0]],
  ['gzip', [0x1f, 0x8b, 8, 0]],
  ['BMP', [0x42, 0x4d, 0x46, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0]],
  ['ICO', [0, 0, 1, 0, 1, 0, 16, 16]],
  ['PSD', [0x38, 0x42, 0x50, 0x53, 0, 1]],
  ['JPEG XL', [0xff, 0x0a, 0xfa, 0x7f]],
  ['JPEG XL in a box', Buffer.from('\0\0\0\fJXL \r\n\x87\n', 'latin1')],
  ['JPEG 2000', Buffer.from('\0\0\0\fjP  \r\n\x87\n', 'latin1')],
  ['JPEG 2000 stream', [0xff, 0x4f, 0xff, 0x51, 0, 47]],
  ['OpenEXR', [0x76, 0x2f, 0x31, 0x01, 2, 0, 0, 0]],
  ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
  ['camera raw of Fujifilm', Buffer.from('FUJIFILMCCD-RAW 0201')],
  ['MP4', Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0isomiso2', 'latin1')],
  ['empty', []],
  ['one byte', [0xff]],
  ['1 MB of zeros', Buffer.alloc(1_000_000)],
  ['1 MB of 0xff', Buffer.alloc(1_000_000, 255)],
];

/** The signature of an accepted format, and nothing behind it. */
const signatures: readonly [string, readonly number[] | Buffer][] = [
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['GIF', Buffer.from('GIF89a')],
  ['WebP', Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1')],
  ['AVIF', Buffer.from('\0\0\0\x14ftypavif\0\0\0\0avif', 'latin1')],
  ['TIFF', [0x49, 0x49, 42, 0]],
  ['BigTIFF', [0x49, 0x49, 43, 0]],
];

const file = (name: string, bytes: Buffer, right: HostileFile['right']): HostileFile => ({
  name,
  bytes: () => bytes,
  right,
});

export function refusedFormats({ jpeg }: Bases): FileClass {
  return {
    name: 'refused formats',
    cases: [
      ...texts.map(([name, text]) =>
        file(name, Buffer.from(text, name.includes('UTF-16') ? 'latin1' : 'utf8'), refusedAsForeign),
      ),
      ...binaries.map(([name, bytes]) => file(name, Buffer.from(bytes), refusedAsForeign)),
      ...signatures.map(([name, bytes]) =>
        file(`only the signature of ${name}`, Buffer.from(bytes), ['corrupt_image']),
      ),
      {
        name: 'JPEG behind one space',
        bytes: async () => Buffer.concat([Buffer.from(' '), await jpeg()]),
        right: ['not_an_image'],
      },
    ],
  };
}
