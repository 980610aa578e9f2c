/** What the routes of links accept and answer, for the OpenAPI document. */
import { LinkKeyList, LinkQuery, LinkRequest, NewLinkKey, SignedLink } from '@tintype/contracts';
import Type from 'typebox';
import { answerHeaders } from '../http/openapi/headers.ts';
import { jobProblems } from '../http/openapi/problem-schemas.ts';
import { json, nothing } from '../http/openapi/route-schemas.ts';
import { pictureAnswers } from '../thumbnails/thumbnail-schemas.ts';

export const exampleLinkKey = { id: '3c7be1f0a25d9846', collection: '/v1/links/keys' };

export const imageSchema = {
  operationId: 'getImage',
  tags: ['links'],
  summary: 'The picture of a link, for `<img src>`',
  description:
    'Made by the first call, which waits for it; everybody who asks meanwhile gets the same one, and later calls the file that is there. With `format=auto`, or none, it is WebP for who names that in `Accept`. Where keys are required the link is signed (`POST /v1/links`), or comes with a key. What is not ready in time is answered with its `fallback`, what has failed with its problem, or with the `fallback` that the link names.',
  querystring: LinkQuery,
  response: {
    ...pictureAnswers,
    200: {
      ...pictureAnswers[200],
      headers: {
        'Fallback-Reason': answerHeaders['Fallback-Reason'],
        'Retry-After': answerHeaders['Retry-After'],
      },
    },
  },
  problems: [
    ...jobProblems,
    'picture_late',
    'storage_full',
    'queue_full',
    'quota_exceeded',
    'expired',
    'range_not_satisfiable',
  ] as const,
};

export const signSchema = {
  operationId: 'signLink',
  tags: ['links'],
  summary: 'Sign a link that makes a picture',
  description:
    'With the newest of the tenant’s secrets. Whoever has a secret can sign links without asking: docs/picture-links.md says how.',
  body: LinkRequest,
  response: { 200: json('The link', SignedLink) },
  problems: ['conflict'] as const,
};
export const createKeySchema = {
  operationId: 'createLinkKey',
  tags: ['links'],
  summary: 'Make a secret that signs links',
  description:
    'The answer has it, this once. A tenant has two at most: make the new one, sign with it, and delete the old one when its links are no longer used.',
  response: { 201: json('The secret', NewLinkKey) },
  problems: ['conflict'] as const,
};
export const listKeysSchema = {
  operationId: 'listLinkKeys',
  tags: ['links'],
  summary: 'The secrets that sign links, by their ids',
  description: 'The tenant’s own; with the scope `admin` those of all tenants.',
  response: { 200: json('Oldest first', LinkKeyList) },
};
export const revokeKeySchema = {
  operationId: 'revokeLinkKey',
  tags: ['links'],
  summary: 'Revoke a secret: its links open no more',
  description: 'One of the tenant’s own; with the scope `admin` any tenant’s.',
  params: Type.Object({ id: Type.String({ description: 'id of the secret', examples: [exampleLinkKey.id] }) }),
  response: { 204: nothing('Its links are refused from now on') },
  problems: ['not_found'] as const,
};
