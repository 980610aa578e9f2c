/** What the suite `effects` measures: each option at its bound, on a thumbnail that is otherwise the plain one. */
import type { UploadFields } from '@tintype/contracts';

/** A square thumbnail of so many pixels each way, and how large its file is when nothing else is asked for. */
export type Plain = { side: number; bytes: number };

export type EffectRow = { label: string; optionsOf: (plain: Plain) => UploadFields };

/** A picture of as many pixels as one may have, each half transparent. */
export const watermarkName = 'mark';

const square = ({ side }: Plain): UploadFields => ({ width: side, height: side });
const at = (label: string, options: UploadFields): EffectRow => ({
  label,
  optionsOf: (plain) => ({ ...square(plain), ...options }),
});

/** The first is what all others are held against. An option more is a row more. */
export const effectRows: readonly EffectRow[] = [
  at('plain', {}),
  at('crop of a quarter', { crop: { x: '25%', y: '25%', width: '50%', height: '50%' } }),
  at('crop of a twentieth', { crop: { x: '47.5%', y: '47.5%', width: '5%', height: '5%' } }),
  at('trim', { trim: true }),
  at('rotate 90', { rotate: 90 }),
  at('rotate 180', { rotate: 180 }),
  at('position attention', { position: 'attention' }),
  at('position entropy', { position: 'entropy' }),
  at('contain, background dominant', { fit: 'contain', background: 'dominant' }),
  at('contain, background edge', { fit: 'contain', background: 'edge' }),
  { label: 'dpr 4', optionsOf: ({ side }) => ({ width: side / 4, height: side / 4, dpr: 4 }) },
  at('blur 0.3', { blur: 0.3 }),
  at('blur 4', { blur: 4 }),
  at('blur 100', { blur: 100 }),
  at('sharpen 1', { sharpen: 1 }),
  at('sharpen 10', { sharpen: 10 }),
  at('grayscale', { grayscale: true }),
  {
    label: 'padding of a quarter',
    optionsOf: (plain) => ({ ...square(plain), padding: Math.min(300, plain.side / 4) }),
  },
  at('padding 300', { padding: 300 }),
  at('watermark', { watermark: watermarkName }),
  at('watermark over all', { watermark: { name: watermarkName, scale: 1, opacity: 0.5 } }),
  { label: 'max_bytes of half', optionsOf: (plain) => ({ ...square(plain), max_bytes: Math.ceil(plain.bytes / 2) }) },
];
