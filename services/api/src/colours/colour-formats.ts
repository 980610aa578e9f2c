/** A picture's colours for other programs: CSS custom properties, an SVG strip, a GIMP palette. */
import type { Colours } from '@tintype/contracts';

/** What can be asked for by Accept, the first being the default. */
export const colourMediaTypes = [
  'application/json',
  'text/css',
  'image/svg+xml',
  'application/x-gimp-palette',
] as const;
export type ColourMediaType = (typeof colourMediaTypes)[number];

/** How CSS names the colours, and what they are declared for. */
export type CssNames = { prefix: string; selector: string };

/** Writes the colours in the given type; every value is ours or has been checked, so nothing has to be escaped. */
export function formatColours(colours: Colours, type: ColourMediaType, cssNames: CssNames): string {
  switch (type) {
    case 'application/json':
      return JSON.stringify(colours);
    case 'text/css':
      return cssOf(colours, cssNames);
    case 'image/svg+xml':
      return svgOf(colours);
    case 'application/x-gimp-palette':
      return gimpPaletteOf(colours);
  }
}

function cssOf(colours: Colours, { prefix, selector }: CssNames): string {
  const { dominant, background, average, accent, palette, text } = colours;
  const named = [
    ['dominant', dominant?.hex],
    ['background', background === 'transparent' ? 'transparent' : background?.hex],
    ['average', average?.hex],
    ['accent', accent?.hex],
    ['text', text],
    ...swatchesIn(colours).map(([name, { hex }]) => [name, hex]),
  ];
  const properties = [
    ...named.flatMap(([name, value]) => (value ? [`  --${prefix}-${name}: ${value};`] : [])),
    ...palette.map(({ hex }, index) => `  --${prefix}-${index + 1}: ${hex};`),
  ];
  return `${selector} {\n${properties.join('\n')}\n}\n`;
}

/** Those that there are, by their names with dashes. */
function swatchesIn({ swatches }: Colours) {
  return Object.entries(swatches ?? {}).flatMap(([name, swatch]) =>
    swatch ? [[name.replace('_', '-'), swatch] as const] : [],
  );
}

const stripWidth = 600;
const stripHeight = 100;

/** One rectangle per colour of the palette, as wide as its share; swatches have none. */
function svgOf({ palette }: Colours): string {
  let x = 0;
  const rectangles = palette.map(({ hex, share, name }) => {
    const width = share * stripWidth;
    const rectangle = `<rect x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="${stripHeight}" fill="${hex}"><title>${hex} ${name} ${(100 * share).toFixed(1)} %</title></rect>`;
    x += width;
    return rectangle;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${stripWidth} ${stripHeight}" width="${stripWidth}" height="${stripHeight}" role="img" shape-rendering="crispEdges">${rectangles.join('')}</svg>\n`;
}

/** The format of GIMP, Inkscape and Krita: three numbers and a name a line; the swatches stand behind the palette. */
function gimpPaletteOf(colours: Colours): string {
  const { palette } = colours;
  const rowOf = (rgb: number[], name: string) => `${rgb.map((value) => String(value).padStart(3)).join(' ')}\t${name}`;
  const rows = [
    ...palette.map(({ rgb, name }) => rowOf(rgb, name)),
    ...swatchesIn(colours).map(([role, { rgb, name }]) => rowOf(rgb, `${role} ${name}`)),
  ];
  return ['GIMP Palette', 'Name: Tintype', `Columns: ${palette.length}`, '#', ...rows, ''].join('\n');
}
