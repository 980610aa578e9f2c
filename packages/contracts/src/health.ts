/** Health answers: one word, and a reason for whatever is not well, or not as well as it could be. */
import Type, { type Static } from 'typebox';

const Check = Type.Object(
  { status: Type.Enum(['ok', 'down'], { $id: 'CheckStatus' }), reason: Type.Optional(Type.String()) },
  { $id: 'Check' },
);

export const Health = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'down'], { $id: 'HealthStatus' }),
    version: Type.String({ description: 'of the release' }),
    commit: Type.Union([Type.String(), Type.Null()], {
      description: 'that it was made of; null where neither the build nor a clone says it',
    }),
    uptime_seconds: Type.Number(),
    checks: Type.Record(Type.String(), Check),
  },
  { $id: 'Health' },
);
export type Health = Static<typeof Health>;
