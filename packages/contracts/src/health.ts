/** Health answers: one word, and a reason for whatever is not well, or not as well as it could be. */
import Type, { type Static } from 'typebox';

export const Health = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'down']),
    version: Type.String(),
    uptime_seconds: Type.Number(),
    checks: Type.Record(
      Type.String(),
      Type.Object({ status: Type.Enum(['ok', 'down']), reason: Type.Optional(Type.String()) }),
    ),
  },
  { $id: 'Health' },
);
export type Health = Static<typeof Health>;
