/** The API's settings of the library: where the search service is, and what is done without it. */
import { namePattern, SearchTokenSetting } from '@tintype/contracts';
import { longestTimerMs } from '@tintype/runtime';
import Type from 'typebox';

export const librarySettings = {
  SEARCH_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      expected: 'must be like http://127.0.0.1:3010',
      description: 'Where the search service is, which keeps the library; none: there is no library',
    }),
  ),
  SEARCH_TOKEN: SearchTokenSetting,
  SEARCH_TIMEOUT_MS: Type.Integer({
    default: 250,
    minimum: 10,
    maximum: longestTimerMs,
    description: 'Longest time of a question to the search service, in milliseconds; a change may take ten times that',
  }),
  FEEDBACK_KEPT_BYTES: Type.Integer({
    default: 4 * 1024 * 1024,
    minimum: 0,
    description:
      'Most feedback of a tenant that waits in Redis while the search service is away, in bytes; above it more is refused with `search_unavailable`',
  }),
  LIBRARY_PUBLIC_TENANT: Type.Optional(
    Type.String({
      pattern: namePattern,
      description:
        'Tenant whose library may be searched without a key (`default`; in production none unless it is set)',
    }),
  ),
};
