/** What is to be made of a picture: one schema for requests, jobs, child processes and fingerprints. */

import Type, { type Static } from 'typebox';
import { ColourOptions } from './colour-options.ts';
import { Rendition } from './rendition.ts';

/** Most thumbnails that are made of one picture. */
export const maxRenditions = 12;
/** The name of the thumbnail that is asked for without one. */
export const defaultRenditionName = 'default';

/** The last frame that can be asked for by its number. */
const maxFrame = 999_999;

/** Which picture of a file is read, and how whole it must be: the same for all that is made of it. */
export const ReadOptions = Type.Object(
  {
    frame: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: maxFrame }), Type.Enum(['middle'], { $id: 'MiddleFrame' })], {
        $id: 'Frame',
        examples: [0],
        description:
          'of a GIF, a WebP or a TIFF with several pages: 0 is the first one, which is usual; `middle` is the one in the middle. Of one that is not there the job fails with `invalid_option`, which says how many there are',
      }),
    ),
    on_damage: Type.Optional(
      Type.Enum(['refuse', 'accept'], {
        $id: 'OnDamage',
        examples: ['refuse'],
        description:
          'what a damaged or cut off picture comes to. refuse: `corrupt_image`, as usual · accept: what can be shown of it, and `source.damaged` says so',
      }),
    ),
  },
  { additionalProperties: false },
);
export type ReadOptions = Static<typeof ReadOptions>;
export type FrameChoice = NonNullable<ReadOptions['frame']>;

/** Only what differs from the defaults, so that equal options are equal work. */
export function readOptionsOf({ frame = 0, on_damage = 'refuse' }: ReadOptions): ReadOptions {
  return { ...(frame !== 0 && { frame }), ...(on_damage !== 'refuse' && { on_damage }) };
}

/** One of several thumbnails of a picture, by its name. */
export const NamedRendition = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 64 }), ...Rendition.properties },
  { additionalProperties: false },
);
export type NamedRendition = Static<typeof NamedRendition>;

/** What is to be made of one picture. */
export const PictureOrder = Type.Object({
  renditions: Type.Array(NamedRendition, { maxItems: maxRenditions }),
  /** Null when the colours are known already, and not to be made. */
  colours: Type.Union([ColourOptions, Type.Null()]),
  ...ReadOptions.properties,
});
export type PictureOrder = Static<typeof PictureOrder>;
