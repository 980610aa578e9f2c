/** Colours as clients see them: what is stored of them, and what follows from that. */
import { oklchFromRgb, readSwatches, rgbFromHex, type SwatchName } from '@tintype/colour';
import type { Colours, StoredColours } from '@tintype/contracts';

export type ColourView = { hex: string; rgb: number[]; oklch: (number | null)[]; name: string };

/** Adds to one colour what follows from its hex by arithmetic. */
export function colourView<Stored extends { hex: string; name: string }>(colour: Stored): Stored & ColourView {
  const rgb = rgbFromHex(colour.hex);
  const [lightness, chroma, hue] = oklchFromRgb(rgb);
  const oklch = [round(lightness, 4), round(chroma, 4), hue === null ? null : round(hue, 2)];
  return { ...colour, rgb: [...rgb], oklch };
}

/** A picture's stored colours with everything that follows from them. */
export function coloursView(stored: StoredColours): Colours {
  const { background } = stored;
  return {
    dominant: stored.dominant && colourView(stored.dominant),
    background: background === null || background === 'transparent' ? background : colourView(background),
    average: stored.average && colourView(stored.average),
    accent: stored.accent && colourView(stored.accent),
    palette: stored.palette.map(colourView),
    ...(stored.swatches !== undefined && { swatches: swatchesView(stored.swatches) }),
    text: stored.text,
    contrast: stored.contrast,
    scheme: stored.scheme,
    transparent_share: stored.transparentShare,
  };
}

function swatchesView(text: string): NonNullable<Colours['swatches']> {
  const swatches = readSwatches(text);
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

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
