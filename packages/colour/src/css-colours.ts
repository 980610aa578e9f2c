/** The CSS named colours (CSS Color 4 §6.1), each once, and the name that people would give to any colour. */
import { type Lab, labFromRgb, type Rgb, rgbFromHex } from './convert.ts';
import { ciede2000, ciede2000AtLeast, ciede2000LeastOf } from './difference.ts';

export type NamedColour = {
  /** The canonical name: of two names for one colour the one of CSS 2.1 (`aqua`, `fuchsia`, `gray`). */
  readonly name: string;
  readonly hex: string;
  readonly rgb: Rgb;
  /** CIELAB D65, for CIEDE2000. */
  readonly lab: Lab;
  /** The other names of the same colour: `cyan`, `magenta`, `grey` and its compounds. */
  readonly aliases: readonly string[];
};

const hexes = {
  aliceblue: '#f0f8ff',
  antiquewhite: '#faebd7',
  aqua: '#00ffff',
  aquamarine: '#7fffd4',
  azure: '#f0ffff',
  beige: '#f5f5dc',
  bisque: '#ffe4c4',
  black: '#000000',
  blanchedalmond: '#ffebcd',
  blue: '#0000ff',
  blueviolet: '#8a2be2',
  brown: '#a52a2a',
  burlywood: '#deb887',
  cadetblue: '#5f9ea0',
  chartreuse: '#7fff00',
  chocolate: '#d2691e',
  coral: '#ff7f50',
  cornflowerblue: '#6495ed',
  cornsilk: '#fff8dc',
  crimson: '#dc143c',
  darkblue: '#00008b',
  darkcyan: '#008b8b',
  darkgoldenrod: '#b8860b',
  darkgray: '#a9a9a9',
  darkgreen: '#006400',
  darkkhaki: '#bdb76b',
  darkmagenta: '#8b008b',
  darkolivegreen: '#556b2f',
  darkorange: '#ff8c00',
  darkorchid: '#9932cc',
  darkred: '#8b0000',
  darksalmon: '#e9967a',
  darkseagreen: '#8fbc8f',
  darkslateblue: '#483d8b',
  darkslategray: '#2f4f4f',
  darkturquoise: '#00ced1',
  darkviolet: '#9400d3',
  deeppink: '#ff1493',
  deepskyblue: '#00bfff',
  dimgray: '#696969',
  dodgerblue: '#1e90ff',
  firebrick: '#b22222',
  floralwhite: '#fffaf0',
  forestgreen: '#228b22',
  fuchsia: '#ff00ff',
  gainsboro: '#dcdcdc',
  ghostwhite: '#f8f8ff',
  gold: '#ffd700',
  goldenrod: '#daa520',
  gray: '#808080',
  green: '#008000',
  greenyellow: '#adff2f',
  honeydew: '#f0fff0',
  hotpink: '#ff69b4',
  indianred: '#cd5c5c',
  indigo: '#4b0082',
  ivory: '#fffff0',
  khaki: '#f0e68c',
  lavender: '#e6e6fa',
  lavenderblush: '#fff0f5',
  lawngreen: '#7cfc00',
  lemonchiffon: '#fffacd',
  lightblue: '#add8e6',
  lightcoral: '#f08080',
  lightcyan: '#e0ffff',
  lightgoldenrodyellow: '#fafad2',
  lightgray: '#d3d3d3',
  lightgreen: '#90ee90',
  lightpink: '#ffb6c1',
  lightsalmon: '#ffa07a',
  lightseagreen: '#20b2aa',
  lightskyblue: '#87cefa',
  lightslategray: '#778899',
  lightsteelblue: '#b0c4de',
  lightyellow: '#ffffe0',
  lime: '#00ff00',
  limegreen: '#32cd32',
  linen: '#faf0e6',
  maroon: '#800000',
  mediumaquamarine: '#66cdaa',
  mediumblue: '#0000cd',
  mediumorchid: '#ba55d3',
  mediumpurple: '#9370db',
  mediumseagreen: '#3cb371',
  mediumslateblue: '#7b68ee',
  mediumspringgreen: '#00fa9a',
  mediumturquoise: '#48d1cc',
  mediumvioletred: '#c71585',
  midnightblue: '#191970',
  mintcream: '#f5fffa',
  mistyrose: '#ffe4e1',
  moccasin: '#ffe4b5',
  navajowhite: '#ffdead',
  navy: '#000080',
  oldlace: '#fdf5e6',
  olive: '#808000',
  olivedrab: '#6b8e23',
  orange: '#ffa500',
  orangered: '#ff4500',
  orchid: '#da70d6',
  palegoldenrod: '#eee8aa',
  palegreen: '#98fb98',
  paleturquoise: '#afeeee',
  palevioletred: '#db7093',
  papayawhip: '#ffefd5',
  peachpuff: '#ffdab9',
  peru: '#cd853f',
  pink: '#ffc0cb',
  plum: '#dda0dd',
  powderblue: '#b0e0e6',
  purple: '#800080',
  rebeccapurple: '#663399',
  red: '#ff0000',
  rosybrown: '#bc8f8f',
  royalblue: '#4169e1',
  saddlebrown: '#8b4513',
  salmon: '#fa8072',
  sandybrown: '#f4a460',
  seagreen: '#2e8b57',
  seashell: '#fff5ee',
  sienna: '#a0522d',
  silver: '#c0c0c0',
  skyblue: '#87ceeb',
  slateblue: '#6a5acd',
  slategray: '#708090',
  snow: '#fffafa',
  springgreen: '#00ff7f',
  steelblue: '#4682b4',
  tan: '#d2b48c',
  teal: '#008080',
  thistle: '#d8bfd8',
  tomato: '#ff6347',
  turquoise: '#40e0d0',
  violet: '#ee82ee',
  wheat: '#f5deb3',
  white: '#ffffff',
  whitesmoke: '#f5f5f5',
  yellow: '#ffff00',
  yellowgreen: '#9acd32',
} as const;

const aliases: { readonly [name in keyof typeof hexes]?: readonly string[] } = {
  aqua: ['cyan'],
  darkgray: ['darkgrey'],
  darkslategray: ['darkslategrey'],
  dimgray: ['dimgrey'],
  fuchsia: ['magenta'],
  gray: ['grey'],
  lightgray: ['lightgrey'],
  lightslategray: ['lightslategrey'],
  slategray: ['slategrey'],
};

function colourNamed(name: keyof typeof hexes): NamedColour {
  const rgb = rgbFromHex(hexes[name]);
  return { name, hex: hexes[name], rgb, lab: labFromRgb(rgb), aliases: aliases[name] ?? [] };
}
const black = colourNamed('black');

/** The 139 different colours behind the 148 CSS names, in alphabetical order. `transparent` is not one of them. */
export const cssColours: readonly NamedColour[] = (Object.keys(hexes) as (keyof typeof hexes)[]).map((name) => {
  return colourNamed(name);
});

/** From black to white: what is near a colour stands near it. */
const byLightness = cssColours.toSorted((one, other) => one.lab[0] - other.lab[0]);

/** The canonical CSS name that is nearest by CIEDE2000. */
export function nameOf(rgb: Rgb): string {
  const lab = labFromRgb(rgb);
  const place = placeOf(lab[0]);
  // From a good first guess most of the others are ruled out cheaply: the answer stays exact.
  const guess = nearestBy76(lab, place);
  let nearest = guess;
  let least = ciede2000(lab, guess.lab);
  // Lighter ones and then darker ones, each way until one is too far away: so are those behind it.
  for (const step of [1, -1]) {
    for (let at = step > 0 ? place : place - 1; ; at += step) {
      const colour = byLightness[at];
      if (!colour || ciede2000AtLeast(lab[0], colour.lab[0]) > least) break;
      if (colour === guess || ciede2000LeastOf(lab, colour.lab) > least) continue;
      const difference = ciede2000(lab, colour.lab);
      if (difference >= least) continue;
      least = difference;
      nearest = colour;
    }
  }
  return nearest.name;
}

/** How many are darker. */
function placeOf(lightness: number): number {
  let [from, to] = [0, byLightness.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((byLightness[middle]?.lab[0] ?? 0) < lightness) from = middle + 1;
    else to = middle;
  }
  return from;
}

function nearestBy76(lab: Lab, place: number): NamedColour {
  let nearest = black;
  let least = Number.POSITIVE_INFINITY;
  for (const step of [1, -1]) {
    for (let at = step > 0 ? place : place - 1; ; at += step) {
      const colour = byLightness[at];
      if (!colour || (lab[0] - colour.lab[0]) ** 2 > least) break;
      const squared = (lab[0] - colour.lab[0]) ** 2 + (lab[1] - colour.lab[1]) ** 2 + (lab[2] - colour.lab[2]) ** 2;
      if (squared >= least) continue;
      least = squared;
      nearest = colour;
    }
  }
  return nearest;
}
