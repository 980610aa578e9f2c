/** `/v1/keys` and `/v1/tokens`: keys are made, listed and revoked; a key is exchanged for a token. */
import {
  ApiKeyList,
  ApiKeyRequest,
  maxTokenSeconds,
  NewApiKey,
  Problem,
  Token,
  TokenRequest,
} from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import Type from 'typebox';
import { json, nothing } from '../http/openapi/route-schemas.ts';
import type { StoredKeys } from './stored-keys.ts';
import type { Tokens } from './tokens.ts';

/** Every key may be exchanged: its token gets no scope that the key lacks. */
const tokenConfig = { scope: 'any', alwaysClosed: true, repeat: 'anew' } as const;

export type KeyRoutesOptions = {
  storedKeys: Pick<StoredKeys, 'create' | 'list' | 'revoke'>;
  tokens: Pick<Tokens, 'issue'>;
};

export const exampleKey = { id: '5f0c2b7a91d4e386', collection: '/v1/keys' };

const config = { scope: 'admin', alwaysClosed: true } as const;
const createConfig = { ...config, repeat: 'refused' } as const;

const createSchema = {
  operationId: 'createKey',
  tags: ['keys'],
  summary: 'Make an API key',
  description:
    'The answer has the secret, this once: only its hash is kept. With the `Idempotency-Key` of a request that made one it is 409.',
  body: ApiKeyRequest,
  response: { 201: json('The key', NewApiKey) },
};
const listSchema = {
  operationId: 'listKeys',
  tags: ['keys'],
  summary: 'All API keys, without their secrets',
  response: { 200: json('The keys, oldest first', ApiKeyList) },
  problems: ['unreadable_record'] as const,
};
const revokeSchema = {
  operationId: 'revokeKey',
  tags: ['keys'],
  summary: 'Revoke an API key',
  params: Type.Object({ id: Type.String({ description: 'id of the key', examples: [exampleKey.id] }) }),
  response: { 204: nothing('Refused from now on') },
  problems: ['not_found'] as const,
};
const tokenSchema = {
  operationId: 'createToken',
  tags: ['keys'],
  summary: 'Exchange a key for a short-lived token',
  description: `For places that a key should not reach, like a page. It lives ${maxTokenSeconds / 60} minutes at most.`,
  body: Type.Optional(TokenRequest),
  response: { 200: json('The token', Token) },
};

export const keyRoutes: FastifyPluginAsync<KeyRoutesOptions> = async (app, { storedKeys, tokens }) => {
  app.post<{ Body: ApiKeyRequest }>(
    '/v1/keys',
    { schema: createSchema, config: createConfig },
    async (request, reply) => {
      const key = await storedKeys.create(request.body);
      request.log.info({ keyId: key.id, name: key.name, scopes: key.scopes, by: request.identity?.id }, 'key made');
      return reply.code(201).header('cache-control', 'no-store').send(key);
    },
  );

  app.get('/v1/keys', { schema: listSchema, config }, async (_request, reply) =>
    reply.send({ data: await storedKeys.list(), next: null }),
  );

  app.delete<{ Params: { id: string } }>('/v1/keys/:id', { schema: revokeSchema, config }, async (request, reply) => {
    await storedKeys.revoke(request.params.id);
    request.log.info({ keyId: request.params.id, by: request.identity?.id }, 'key revoked');
    return reply.code(204).send();
  });

  app.post<{ Body: TokenRequest }>(
    '/v1/tokens',
    { schema: tokenSchema, config: tokenConfig },
    async (request, reply) => {
      const { identity, body } = request;
      if (identity?.kind !== 'key') {
        throw new Problem('forbidden', { detail: 'A token cannot be exchanged for another one; send the key.' });
      }
      const scopes = body.scopes ?? [...identity.scopes];
      const beyond = scopes.find((scope) => !identity.scopes.has(scope));
      if (beyond !== undefined) throw new Problem('forbidden', { detail: `The key lacks the scope ${beyond}.` });
      const token = await tokens.issue(identity, scopes, body.expires_in_seconds ?? maxTokenSeconds);
      return reply.header('cache-control', 'no-store').send(token);
    },
  );
};
