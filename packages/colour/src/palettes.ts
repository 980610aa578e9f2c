/** The palettes that are always there: CSS names, the sixteen basic ones, and the names of the XKCD survey. */
import { cssColours } from './css-colours.ts';
import { xkcdColours } from './xkcd-colours.ts';

/** A named colour; two names of one colour are one entry with aliases. */
export type PaletteColour = { readonly name: string; readonly hex: string; readonly aliases: readonly string[] };

/** HTML 4's sixteen colours, which every CSS has. */
const basicNames = [
  'black',
  'silver',
  'gray',
  'white',
  'maroon',
  'red',
  'purple',
  'fuchsia',
  'green',
  'lime',
  'olive',
  'yellow',
  'navy',
  'blue',
  'teal',
  'aqua',
];

const css3: readonly PaletteColour[] = cssColours.map(({ name, hex, aliases }) => ({ name, hex, aliases }));

/** Built-in palettes by name; the CSS one is the default wherever a palette may be named. */
export const builtInPalettes = {
  css3,
  basic16: css3.filter(({ name }) => basicNames.includes(name)),
  xkcd: xkcdColours,
} as const satisfies Record<string, readonly PaletteColour[]>;
