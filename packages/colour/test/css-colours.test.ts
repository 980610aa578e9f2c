import { describe, expect, test } from '@jest/globals';
import { colorsNamed } from 'culori';
import { ciede2000, cssColours, labFromRgb, nameOf } from '../src/index.ts';
import { randomColour, seeded } from './pictures.ts';

describe('the CSS colours', () => {
  test('are 139, with the 148 names and values that culori has', () => {
    const ours = cssColours.flatMap(({ name, aliases, rgb: [red, green, blue] }) =>
      [name, ...aliases].map((each) => [each, (red << 16) | (green << 8) | blue] as const),
    );
    expect(cssColours).toHaveLength(139);
    expect(Object.fromEntries(ours)).toEqual(colorsNamed);
  });

  test('have one canonical name each, that of CSS 2.1', () => {
    expect(new Set(cssColours.map(({ hex }) => hex)).size).toBe(139);
    const folded = cssColours
      .filter(({ aliases }) => aliases.length > 0)
      .map(({ name, aliases }) => [name, ...aliases]);
    expect(folded).toEqual([
      ['aqua', 'cyan'],
      ['darkgray', 'darkgrey'],
      ['darkslategray', 'darkslategrey'],
      ['dimgray', 'dimgrey'],
      ['fuchsia', 'magenta'],
      ['gray', 'grey'],
      ['lightgray', 'lightgrey'],
      ['lightslategray', 'lightslategrey'],
      ['slategray', 'slategrey'],
    ]);
  });
});

describe('the name of a colour', () => {
  test('when it is a CSS colour, then it is its own name', () => {
    for (const { name, rgb } of cssColours) expect(nameOf(rgb)).toBe(name);
  });

  test('when it is none, then it is the nearest by CIEDE2000 of all', () => {
    const random = seeded(3);
    for (let round = 0; round < 500; round++) {
      const colour = randomColour(random);
      const lab = labFromRgb(colour);
      const answer = nameOf(colour);
      const named = cssColours.find(({ name }) => name === answer);
      const least = Math.min(...cssColours.map((each) => ciede2000(lab, each.lab)));
      expect(named && ciede2000(lab, named.lab)).toBe(least);
    }
  });

  test('#008080 is teal; a darker sample of it is what once came out as darkslategray', () => {
    expect(nameOf([0x00, 0x80, 0x80])).toBe('teal');
    expect(nameOf([0x20, 0x50, 0x50])).toBe('darkslategray');
  });
});
