/** Draws pictures with the palettes of several methods beside them, for a human to judge. */
import { writeFile } from 'node:fs/promises';
import { hexFromRgb, type Pixels } from '@tintype/colour';
import sharp from 'sharp';
import type { Answer, Contender } from './contender.ts';
import { createContenders } from './contenders.ts';
import { encode, png } from './encoding.ts';
import { generatePicture } from './families.ts';
import type { ColourBenchOptions } from './options.ts';
import { photograph } from './photographs.ts';
import { readSubject } from './sampling.ts';

const rowHeight = 96;
const pictureWidth = 144;
const barWidth = 190;
const gap = 8;
const headHeight = 28;

type SheetOptions = Pick<ColourBenchOptions, 'seeds' | 'families' | 'photographs' | 'onlyOurs'>;

/** The first picture of each family and five photographs, of the first seed, into an SVG or PNG file. */
export async function drawSheet({ seeds: [seed = 101], families, photographs, onlyOurs }: SheetOptions, file: string) {
  const contenders = createContenders().slice(0, onlyOurs ? 1 : undefined);
  const pictures: { label: string; picture: Pixels; bytes: Buffer }[] = [];
  for (const family of families) pictures.push({ label: family, ...(await generatePicture(seed, family, 0)) });
  for (let index = 0; photographs && index < 5; index++) {
    const { kind, picture } = photograph(seed, index);
    pictures.push({ label: kind, picture, bytes: await encode(picture, png) });
  }
  const rows = await Promise.all(
    pictures.map((shown, index) => drawRow(shown, contenders, headHeight + index * rowHeight)),
  );
  const width = pictureWidth + gap + (contenders.length + 1) * (barWidth + gap);
  const height = headHeight + rows.length * rowHeight;
  const heads = ['truth', ...contenders.map(({ name }) => name)].map((name, column) =>
    text(pictureWidth + gap + column * (barWidth + gap), 18, name),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif">
<rect width="100%" height="100%" fill="#ffffff"/>${heads.join('')}${rows.join('')}</svg>`;
  await writeFile(file, file.endsWith('.svg') ? svg : await rendered(svg));
}

/** The imaging room switches off the loader of SVG, which strangers' files must never reach; this file is our own. */
function rendered(svg: string): Promise<Buffer> {
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  return sharp(Buffer.from(svg)).png().toBuffer();
}

async function drawRow(
  shown: { label: string; picture: Pixels; bytes: Buffer; truth?: { palette: Answer['palette'] } },
  contenders: readonly Contender[],
  top: number,
): Promise<string> {
  const subject = await readSubject(shown.bytes);
  const { data, width, height, channels } = shown.picture;
  const preview = await sharp(data, { raw: { width, height, channels } })
    .resize({ width: pictureWidth - gap, height: rowHeight - 24, fit: 'inside' })
    .png()
    .toBuffer();
  const bars: string[] = [bar(pictureWidth + gap, top, { palette: shown.truth?.palette ?? [], dominant: null })];
  for (const [index, contender] of contenders.entries()) {
    bars.push(bar(pictureWidth + gap + (index + 1) * (barWidth + gap), top, await contender.extract(subject)));
  }
  return `${text(4, top + rowHeight - 8, shown.label)}<image x="4" y="${top}" width="${pictureWidth - gap}" height="${
    rowHeight - 24
  }" href="data:image/png;base64,${preview.toString('base64')}"/>${bars.join('')}`;
}

/** The palette as wide as its shares; below it the dominant colour and the background, where there are any. */
function bar(left: number, top: number, { palette, dominant, background }: Answer): string {
  const total = palette.reduce((sum, { share }) => sum + share, 0);
  let at = left;
  const parts = palette.map(({ rgb, share }) => {
    const width = (share / total) * barWidth;
    at += width;
    return rectangle(at - width, top, width, 48, hexFromRgb(rgb));
  });
  if (dominant) parts.push(rectangle(left, top + 52, 60, 18, hexFromRgb(dominant)));
  if (typeof background === 'object' && background)
    parts.push(rectangle(left + 66, top + 52, 60, 18, hexFromRgb(background)));
  if (background === 'transparent') parts.push(text(left + 66, top + 66, 'transparent'));
  return parts.join('');
}

function rectangle(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${fill}" stroke="#999" stroke-width="0.3"/>`;
}

function text(x: number, y: number, value: string): string {
  return `<text x="${x}" y="${y}" font-size="12" fill="#222">${value}</text>`;
}
