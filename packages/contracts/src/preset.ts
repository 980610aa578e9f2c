/** Presets: options under a name, which the operator keeps in a file and requests refer to. */
import Type, { type Static } from 'typebox';
import { ColourRequest } from './colour-options.ts';
import { ReadOptions } from './picture-order.ts';
import { renditionFields, Sizes } from './rendition-request.ts';
import { maxWatermarks, Watermark, WatermarkEntry } from './watermark.ts';

/** What a preset may say: all that is made of a picture, and nothing of who asks for it. */
export const PresetOptions = Type.Object(
  {
    ...renditionFields,
    sizes: Type.Optional(Sizes),
    ...ReadOptions.properties,
    colours: Type.Optional(ColourRequest),
  },
  { $id: 'PresetOptions', additionalProperties: false, examples: [{ width: 64, height: 64, format: 'webp' }] },
);
export type PresetOptions = Static<typeof PresetOptions>;

/** Most presets that a file may have. */
const maxPresets = 1000;

/** The file that PRESETS_FILE names, whose presets are checked one by one. */
export const PresetsFile = Type.Object(
  {
    watermarks: Type.Optional(Type.Record(Type.String(), WatermarkEntry, { maxProperties: maxWatermarks })),
    presets: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: maxPresets })),
  },
  { additionalProperties: false },
);

/** Answer of `GET /v1/presets`. */
export const PresetList = Type.Object(
  {
    data: Type.Array(Type.Object({ name: Type.String(), options: PresetOptions }, { $id: 'Preset' })),
    watermarks: Type.Array(
      Type.Object({ name: Type.String(), sha256: Watermark.properties.sha256 }, { $id: 'KeptWatermark' }),
      {
        description: 'the pictures that `watermark` of a request may name, and what their files hold',
      },
    ),
    next: Type.Null(),
  },
  {
    $id: 'PresetList',
    examples: [
      {
        data: [{ name: 'avatar', options: { width: 64, height: 64, format: 'webp' } }],
        watermarks: [{ name: 'logo', sha256: '9f'.repeat(32) }],
        next: null,
      },
    ],
  },
);
export type PresetList = Static<typeof PresetList>;
