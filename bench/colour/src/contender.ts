/** What every method of extraction is asked for. */
import type { Rgb } from '@tintype/colour';
import type { Subject } from './sampling.ts';
import type { Colour } from './truth.ts';

export type Answer = {
  /** Shares 0 … 1; they need not add up to one. Empty if the method has no palette or finds nothing. */
  palette: readonly Colour[];
  dominant: Rgb | null;
  /** Only of methods that tell it. */
  background?: Rgb | 'transparent' | null;
  accent?: Rgb | null;
  /** Names of the swatches, where the method gives them. */
  names?: readonly string[];
};

export type Contender = {
  name: string;
  /** How it is called, where that is not its default. */
  note: string;
  /** Too slow to be run on photographs in every encoding. */
  isSlow?: boolean;
  extract: (subject: Subject) => Answer | Promise<Answer>;
};

/** The answer of a method that has a palette only: its heaviest colour is the dominant one. */
export function paletteAnswer(colours: readonly Colour[]): Answer {
  const palette = colours.toSorted((one, other) => other.share - one.share);
  return { palette, dominant: palette[0]?.rgb ?? null };
}
