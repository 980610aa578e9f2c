/** What the README's first call answers with, drawn: the thumbnail and the palette of the sample photograph. */
import { readFile } from 'node:fs/promises';
import { defaultRenditionName, renditionOf } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import { createJpegReducer } from '@tintype/picture/reduced';

const sample = new URL('../../services/api/samples/photo.jpg', import.meta.url);
const limits = { maxMegapixels: 10, maxMegapixelsUnstreamed: 10, maxDecodeBytes: 1e9, timeoutMs: 60_000 };
const thumbnailSide = 100;
const stripLeft = thumbnailSide + 12;
const stripWidth = 660;

/** SVG: the thumbnail, beside it the palette as a strip, each colour as wide as its share, with its hex above and its name below. */
export async function drawFirstAnswer(): Promise<string> {
  const order = { renditions: [{ name: defaultRenditionName, ...renditionOf({}) }], colours: {} };
  const made = await makePicture(await readFile(sample), order, limits, { reducer: createJpegReducer() });
  const [thumbnail] = made.renditions;
  const palette = made.colours?.palette ?? [];
  const sum = palette.reduce((total, { share }) => total + share, 0);
  let left = stripLeft;
  const colours = palette.map(({ hex, name, share }) => {
    const width = (stripWidth * share) / sum;
    const [from, middle] = [left, left + width / 2].map((at) => at.toFixed(1));
    left += width;
    return `<rect x="${from}" y="24" width="${width.toFixed(1)}" height="52" fill="${hex}"/>
<text x="${middle}" y="16">${hex}</text><text x="${middle}" y="92">${name}</text>`;
  });
  const size = `width="${stripLeft + stripWidth}" height="${thumbnailSide}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11" fill="#808080" text-anchor="middle">
<title>the thumbnail of the sample photograph, and its palette</title>
<image href="data:image/jpeg;base64,${thumbnail?.bytes.toString('base64')}" width="${thumbnailSide}" height="${thumbnailSide}"/>
${colours.join('\n')}
</svg>
`;
}
