/** Reads a body that is the picture itself, as `curl --data-binary @photo.jpg` sends it; its options stand in the URL. */
import { nearestWord, Problem, parse } from '@tintype/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static, TObject } from 'typebox';
import { requireFitting } from './body-limit.ts';
import { completedFields } from './completed-fields.ts';
import { collectFields } from './form-fields.ts';
import { discardRest, type ReceivedForm, type ReceiveFile } from './receive-form.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the body may be a picture, and is read by its route. */
    sendsPicture: boolean;
  }
}

/** Types of bodies that say that it is a picture, or nothing: the last is curl's, whatever is sent. */
const pictureTypes = /^(image\/.*|application\/octet-stream)$/;
const sayNothing = ['', 'application/x-www-form-urlencoded'];

/** For the routes of this plugin: what is neither JSON nor a form is left to them, if it may be a picture. */
export function takePictures(app: FastifyInstance): void {
  app.addContentTypeParser('*', (request, _payload, done) => {
    const type = mediaTypeOf(request);
    if (!pictureTypes.test(type) && !sayNothing.includes(type)) return done(neitherKnown());
    request.sendsPicture = true;
    done(null);
  });
}

function mediaTypeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function neitherKnown(cause?: unknown): Problem {
  const detail =
    'Send JSON as application/json, a file as multipart/form-data, or the picture itself with its type (image/jpeg …).';
  return new Problem('unsupported_media_type', { detail, cause });
}

/**
 * The picture and the options of the URL that the schema knows; `others` are the names of what else may stand there. Throws
 * `invalid_request` for options that nobody knows, and what receiving the picture throws.
 */
export async function receivePicture<Schema extends TObject>(
  request: FastifyRequest,
  schema: Schema,
  receive: ReceiveFile,
  others: readonly string[],
  maxBytes: number,
): Promise<ReceivedForm<Static<Schema>>> {
  try {
    requireFitting(request, maxBytes);
    const given = completedFields(request, optionsOf(request, schema, others));
    const fields = parse(schema, given, { convert: true });
    const upload = await receive(request.raw.iterator({ destroyOnReturn: false }), 0).catch((err) => {
      throw refusalOf(err, request);
    });
    return { upload, fields };
  } catch (err) {
    discardRest(request);
    throw err;
  }
}

/**
 * Options of a picture that comes as JSON or in a form stand there, and would be passed over in the URL. Throws
 * `invalid_request` for them, and for what nobody knows; `others` are the names of what may stand in the URL.
 */
export function requireNoOptions(request: FastifyRequest, schema: TObject, others: readonly string[]): void {
  const names = Object.keys(Object(request.query)).filter((name) => !others.includes(name));
  if (names.length === 0) return;
  const place = request.isMultipart() ? 'a field of the form' : 'a field of the JSON';
  const errors = names.map((name) => {
    const meant = nearestWord(name, [...others, ...Object.keys(schema.properties)]);
    const isOption = Object.hasOwn(schema.properties, name.split('.')[0] ?? '') || name === 'url';
    const unknown = `is not known in the URL${meant === null ? '' : `; did you mean ${meant}?`}`;
    return { pointer: `/${name}`, detail: isOption ? `must be ${place}, not in the URL` : unknown };
  });
  discardRest(request);
  throw new Problem('invalid_request', { detail: `${errors[0]?.pointer} ${errors[0]?.detail}.`, errors });
}

function optionsOf({ query }: FastifyRequest, schema: TObject, others: readonly string[]): Record<string, unknown> {
  const collected = collectFields(schema);
  for (const [name, value] of Object.entries(Object(query))) {
    if (others.includes(name)) continue;
    for (const one of [value].flat()) collected.add(name, one);
  }
  return collected.values();
}

/** Who has not said that it is a picture may have meant JSON, or the fields of a form. */
function refusalOf(err: unknown, request: FastifyRequest): unknown {
  const saidNothing = sayNothing.includes(mediaTypeOf(request));
  return saidNothing && err instanceof Problem && err.code === 'not_an_image' ? neitherKnown(err) : err;
}
