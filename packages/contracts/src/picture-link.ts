/** Links that make pictures (`/v1/images`), how they are signed, and the secrets that sign them. */
import Type, { type Static } from 'typebox';
import { linkColourPattern } from './pattern-words.ts';
import { maxUrlLength, UploadFields } from './thumbnail.ts';

/** Most secrets that a tenant may have at once: the new one and the old one while they change. */
export const maxLinkKeys = 2;
/** Longest life of a link that expires: a hundred years. */
const maxLinkSeconds = 3_153_600_000;

// What a link shows is a picture: the job behind it is nobody's to name, to hurry, or to keep.
const {
  sizes: _sizes,
  colours: _colours,
  priority: _priority,
  expires_in_seconds: _life,
  metadata: _metadata,
  ...pictureFields
} = UploadFields.properties;

/** The options of the picture that a link shows. */
export const LinkOptions = Type.Object(pictureFields, { additionalProperties: false });
export type LinkOptions = Static<typeof LinkOptions>;

const linkFields = {
  url: Type.String({
    minLength: 1,
    maxLength: maxUrlLength,
    description: 'http or https address of the source',
    examples: ['https://example.org/photo.jpg'],
  }),
  ...pictureFields,
  fallback: Type.Optional(
    Type.String({
      $id: 'LinkFallback',
      pattern: linkColourPattern,
      examples: ['placeholder'],
      description:
        'what is shown instead of a picture that is not ready in time, or (where this is said at all) cannot be made. `placeholder`: a tiny picture of one colour, the picture’s where that is known, as usual for those not ready · `#rrggbb`: the same in this colour · `none`: a problem with its status',
    }),
  ),
};

/** The query of `GET /v1/images`. */
export const LinkQuery = Type.Object(
  {
    ...linkFields,
    key: Type.Optional(Type.String({ description: 'of a signed link: the id of the secret' })),
    exp: Type.Optional(Type.String({ description: 'of a signed link: its end, in seconds since 1970' })),
    sig: Type.Optional(Type.String({ description: 'of a signed link: its signature' })),
  },
  { additionalProperties: false },
);
export type LinkQuery = Static<typeof LinkQuery>;

/** JSON body of `POST /v1/links`. */
export const LinkRequest = Type.Object(
  {
    ...linkFields,
    expires_in_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxLinkSeconds,
        description: 'life of the link; without it the link holds as long as its key',
        examples: [86_400],
      }),
    ),
  },
  {
    title: 'LinkRequest',
    additionalProperties: false,
    examples: [{ url: 'https://example.org/photo.jpg', width: 200, height: 150 }],
  },
);
export type LinkRequest = Static<typeof LinkRequest>;

const Time = Type.String({ format: 'date-time' });

/** Answer of `POST /v1/links`. */
export const SignedLink = Type.Object(
  {
    url: Type.String({ description: 'for `<img src>`: it needs no key of its own' }),
    key: Type.Union([Type.String(), Type.Null()], {
      description: 'id of the secret that signed it; null where no keys are asked for and the tenant has none',
    }),
    expires_at: Type.Union([Time, Type.Null()]),
  },
  { $id: 'SignedLink' },
);
export type SignedLink = Static<typeof SignedLink>;

const keyFields = {
  id: Type.String({ description: '`key` of the links that it signs', examples: ['3c7be1f0a25d9846'] }),
  tenant: Type.String({ description: 'whose links it signs', examples: ['shop'] }),
  created_at: Time,
};

/** A secret as it is listed: only its id is told. */
export const LinkKey = Type.Object(keyFields, { $id: 'LinkKey' });
export type LinkKey = Static<typeof LinkKey>;

/** The one answer that has the secret. */
export const NewLinkKey = Type.Object(
  { ...keyFields, secret: Type.String({ description: 'what signs links, shown this once' }) },
  { $id: 'NewLinkKey' },
);
export type NewLinkKey = Static<typeof NewLinkKey>;

/** Answer of `GET /v1/links/keys`. */
export const LinkKeyList = Type.Object(
  { data: Type.Array(LinkKey), next: Type.Union([Type.String(), Type.Null()]) },
  { $id: 'LinkKeyList' },
);
export type LinkKeyList = Static<typeof LinkKeyList>;
