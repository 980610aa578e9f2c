/** Lets Fastify check requests by the schemas of the contracts, and answer with problems that name each wrong place. */
import { Problem, parse } from '@tintype/contracts';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';

/** Texts of the URL become numbers where the schema says so; JSON bodies must have the right types already. */
export const compileValidator: FastifySchemaCompiler<TSchema> = (route) => {
  // Forms and CSV are read by their own routes, part by part.
  if ('contentType' in route && route.contentType !== undefined && route.contentType !== 'application/json')
    return () => true;
  const convert = route.httpPart !== 'body';
  return (value: unknown) => {
    try {
      return { value: parse(route.schema, value ?? {}, { convert, isOurs: true }) };
    } catch (err) {
      if (err instanceof Problem) return { error: err };
      throw err;
    }
  };
};

/** For routes whose body is checked while it is read. */
export const validateAllButBody: FastifySchemaCompiler<TSchema> = (route) =>
  route.httpPart === 'body' ? () => true : compileValidator(route);
