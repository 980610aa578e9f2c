/** The few functions of culori, which has no types of its own, that the tests compare with. */
declare module 'culori' {
  export function converter(mode: 'oklab' | 'lab65'): (colour: string) => { l: number; a: number; b: number };
  export function converter(mode: 'oklch'): (colour: string) => { l: number; c: number; h?: number };
  type Rgb = { r: number; g: number; b: number };
  export function converter(mode: 'rgb'): (colour: Rgb & { mode: 'p3' | 'a98' | 'prophoto' }) => Rgb;
  export function formatHex(colour: Rgb & { mode: 'rgb' }): string;
  export function wcagLuminance(colour: string): number;
  export function wcagContrast(one: string, other: string): number;
  export const colorsNamed: Record<string, number>;
  export function differenceCiede2000(): (one: string, other: string) => number;
}
