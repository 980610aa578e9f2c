/** A problem as clients see it: RFC 9457. */
import Type, { type Static } from 'typebox';

/** A place in the request that is wrong: `pointer` is a JSON pointer (RFC 6901) or a parameter's name. */
export const ProblemPlace = Type.Object({ pointer: Type.String(), detail: Type.String() }, { $id: 'ProblemPlace' });
export type ProblemPlace = Static<typeof ProblemPlace>;

export const ProblemDocument = Type.Object(
  {
    type: Type.String({ description: 'URL of the paragraph about this code' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'stable word from the list of problem codes' }),
    errors: Type.Optional(Type.Array(ProblemPlace)),
    request_id: Type.Optional(Type.String()),
    retryable: Type.Boolean(),
  },
  { $id: 'Problem', description: 'RFC 9457 problem details' },
);
export type ProblemDocument = Static<typeof ProblemDocument>;
