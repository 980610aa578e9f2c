/** Colours as clients see them: what is stored of them, and what follows from that. */
import { oklchFromRgb, readSwatches, rgbFromHex, type SwatchName } from '@tintype/colour';
import type { Colours, StoredColours } from '@tintype/contracts';

export type ColourView = { hex: string; rgb: number[]; oklch: (number | null)[]; name: string };

/** Adds to one colour what follows from its hex by arithmetic. */
export function colourView<Stored extends { hex: string; name: string }>(colour: Stored): Stored & ColourView {
  const rgb = rgbFromHex(colour.hex);
  const [lightness, chroma, hue] = oklchFromRgb(rgb);
  const oklch = [rounded(lightness, 10_000), rounded(chroma, 10_000), hue === null ? null : rounded(hue, 100)];
  return { ...colour, rgb: [...rgb], oklch };
}

/** A picture's stored colours with everything that follows from them. */
export function coloursView(stored: StoredColours): Colours {
  const { dominant, background, average, accent, palette, swatches } = stored;
  return {
    dominant: dominant && colourView(dominant),
    background: background === null || background === 'transparent' ? background : colourView(background),
    average: average && colourView(average),
    accent: accent && colourView(accent),
    palette: palette.map(colourView),
    ...(swatches !== undefined && { swatches: swatchesView(swatches, namesIn(stored)) }),
    text: stored.text,
    contrast: stored.contrast,
    scheme: stored.scheme,
    transparent_share: stored.transparentShare,
  };
}

/** Colours that are stored with their names, which many of the swatches are too. */
function namesIn({ dominant, accent, palette }: StoredColours): ReadonlyMap<string, string> {
  const names = new Map(palette.map(({ hex, name }) => [hex, name]));
  if (dominant) names.set(dominant.hex, dominant.name);
  if (accent) names.set(accent.hex, accent.name);
  return names;
}

function swatchesView(text: string, names: ReadonlyMap<string, string>): NonNullable<Colours['swatches']> {
  const swatches = readSwatches(text, names);
  const viewOf = (name: SwatchName) => swatches[name] && colourView(swatches[name]);
  return {
    vibrant: viewOf('vibrant'),
    light_vibrant: viewOf('lightVibrant'),
    dark_vibrant: viewOf('darkVibrant'),
    muted: viewOf('muted'),
    light_muted: viewOf('lightMuted'),
    dark_muted: viewOf('darkMuted'),
  };
}

/** To so many parts of one. */
function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
