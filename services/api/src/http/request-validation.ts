/** Lets Fastify check requests by the schemas of the contracts, and answer with problems that name each wrong place. */
import { isFields, nearestWord, Problem, parse, sentenceOf } from '@tintype/contracts';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';

/** Texts of the URL become numbers where the schema says so; JSON bodies must have the right types already. */
export const compileValidator = validatorWith({ looksForSlips: true });

/** For routes that look at every name in the URL themselves. */
export const validateAllButNames = validatorWith({ looksForSlips: false });

function validatorWith(options: { looksForSlips: boolean }): FastifySchemaCompiler<TSchema> {
  return (route) => validatorOf(route, options);
}

type Route = Parameters<FastifySchemaCompiler<TSchema>>[0];

function validatorOf(route: Route, { looksForSlips }: { looksForSlips: boolean }) {
  // Forms and CSV are read by their own routes, part by part.
  if ('contentType' in route && route.contentType !== undefined && route.contentType !== 'application/json')
    return () => true;
  const convert = route.httpPart !== 'body';
  return (value: unknown) => {
    try {
      if (route.httpPart === 'querystring') {
        requireNoRepeats(route.schema, value);
        if (looksForSlips) requireNoSlips(route.schema, value);
      }
      return { value: parse(route.schema, value ?? {}, { convert, isOurs: true }) };
    } catch (err) {
      if (err instanceof Problem) return { error: err };
      throw err;
    }
  };
}

/** Shorter names are near to anything. */
const fewestLetters = 4;

/**
 * Caches, campaigns and proxies add names of their own to a URL (`utm_source`, `_`), which are passed over. One that is a
 * letter away from a name that is known here was meant to be that, and would be passed over without a word.
 */
function requireNoSlips(schema: TSchema, query: unknown): void {
  const properties = propertiesOf(schema);
  const known = Object.keys(properties).filter((name) => name.length >= fewestLetters);
  const errors = Object.keys(Object(query)).flatMap((name) => {
    if (known.includes(name) || name.length < fewestLetters) return [];
    const meant = nearestWord(name, known, 1);
    return meant === null ? [] : [{ pointer: `/${name}`, detail: `is not known in the URL; did you mean ${meant}?` }];
  });
  const [first] = errors;
  if (first) throw new Problem('invalid_request', { detail: `${first.pointer} ${first.detail}`, errors });
}

/** A name that comes twice is a list, and where none is taken, of the wrong type: that would be told of a word that looks right. */
function requireNoRepeats(schema: TSchema, query: unknown): void {
  const properties = propertiesOf(schema);
  const isOne = (name: string) => Object.hasOwn(properties, name) && !takesLists(properties[name]);
  const errors = Object.entries(Object(query))
    .filter(([name, value]) => Array.isArray(value) && isOne(name))
    .map(([name]) => ({ pointer: `/${name}`, detail: 'must not come more than once' }));
  if (errors.length > 0) throw new Problem('invalid_request', { detail: sentenceOf(errors), errors });
}

function propertiesOf(schema: TSchema): Readonly<Record<string, unknown>> {
  const properties = 'properties' in schema ? schema.properties : null;
  return isFields(properties) ? properties : {};
}

function takesLists(schema: unknown): boolean {
  if (!isFields(schema)) return true;
  return Array.isArray(schema.anyOf) ? schema.anyOf.some(takesLists) : schema.type === 'array';
}

/** For routes whose body is checked while it is read. */
export const validateAllButBody: FastifySchemaCompiler<TSchema> = (route) =>
  route.httpPart === 'body' ? () => true : compileValidator(route);
