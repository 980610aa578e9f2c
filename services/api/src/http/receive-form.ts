/** Reads a multipart body: one picture, streamed to the storage as it comes, and option fields before or after it. */
import { Problem, parse } from '@tintype/contracts';
import type { IncomingBlob } from '@tintype/storage';
import type { FastifyRequest } from 'fastify';
import type { Static, TObject } from 'typebox';
import { requireFitting } from './body-limit.ts';
import { completedFields } from './completed-fields.ts';
import { collectFields } from './form-fields.ts';

/** Takes a file in, as a stream; what it throws refuses the form. */
export type ReceiveFile = (file: AsyncIterable<Uint8Array>) => Promise<IncomingBlob>;

export type ReceivedForm<Fields> = { upload: IncomingBlob; fields: Fields };

/** Limits of a form besides the file's size; of the files one has bytes. */
const limits = { files: 4, fields: 40, parts: 45, fieldNameSize: 100, fieldSize: 4096, headerPairs: 20 };

/** Of a file neither a name nor a type is required (RFC 7578, 4.2 and 4.4): the part `file` is one without them. */
function isPartAFile(name: string | undefined, type: string | undefined, fileName: string | undefined): boolean {
  const isBytes = type === 'application/octet-stream' || type?.toLowerCase().startsWith('image/') === true;
  return name === 'file' || isBytes || fileName !== undefined;
}

/**
 * Reads a form of one file and the fields that the schema knows. Throws `unsupported_media_type` for what is no form,
 * `invalid_request` for one without exactly one file, and what receiving the file throws.
 */
export async function receiveForm<Schema extends TObject>(
  request: FastifyRequest,
  schema: Schema,
  receive: ReceiveFile,
  maxBytes: number,
): Promise<ReceivedForm<Static<Schema>>> {
  if (!request.isMultipart()) {
    throw new Problem('unsupported_media_type', { detail: 'Send the picture as multipart/form-data.' });
  }
  const collected = collectFields(schema);
  const received: { upload: IncomingBlob | null } = { upload: null };
  const besidesFile = { counts: true };
  const readParts = async (): Promise<void> => {
    for await (const part of request.parts({ limits: { ...limits, fileSize: maxBytes + 1 }, isPartAFile })) {
      if (part.type !== 'file') {
        if (part.valueTruncated) throw new Problem('invalid_request', { detail: `/${part.fieldname} is too long.` });
        collected.add(part.fieldname, part.value);
        continue;
      }
      besidesFile.counts = false; // a file has a limit of its own, and problems of its own when it is refused
      const file = part.filename ? part.file : await unlessEmpty(part.file);
      if (file !== null && received.upload !== null) throw tooManyParts();
      if (file !== null) received.upload = await receive(file);
      besidesFile.counts = true;
    }
  };
  try {
    requireFitting(request, maxBytes, besidesFileMaxBytes);
    await Promise.race([readParts(), refuseEndless(request, besidesFile)]);
    const { upload } = received;
    if (upload === null)
      throw new Problem('invalid_request', {
        detail: 'The form has no picture: send it as the part file. A URL is handed in as JSON.',
        errors: [{ pointer: '/file', detail: 'is required' }],
      });
    return { upload, fields: parse(schema, completedFields(request, collected.values()), { convert: true }) };
  } catch (err) {
    discardRest(request);
    await received.upload?.discard();
    throw translated(err);
  }
}

/** Null for what a browser sends of a file that nobody has chosen. */
async function unlessEmpty(file: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | null> {
  const pieces = file[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done) return null;
  return (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  })();
}

function tooManyParts(cause?: unknown): Problem {
  const detail = 'The form has more parts than are taken: one file and its options.';
  return new Problem('invalid_request', { detail, cause });
}

/** What was received and cannot be used is not kept. */
export async function discardOnFailure<Value>(upload: IncomingBlob, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (err) {
    await upload.discard();
    throw err;
  }
}

/** Fields, headers of parts and boundaries together; the parser cuts a field off, but reads it to its end. */
const besidesFileMaxBytes = 1024 * 1024;

/** Rejects with `payload_too_large` once too much has come that belongs to no file; never resolves. */
function refuseEndless({ raw }: FastifyRequest, besidesFile: { counts: boolean }): Promise<never> {
  return new Promise((_resolve, reject) => {
    let bytes = 0;
    raw.on('data', (chunk: Buffer) => {
      if (besidesFile.counts) bytes += chunk.length;
      if (bytes > besidesFileMaxBytes) reject(new Problem('payload_too_large', { detail: 'The form is too large.' }));
    });
  });
}

/** A client that still sends after its answer gets this long to finish, in milliseconds. */
const restTimeoutMs = 5000;

/**
 * Reads the rest of a refused body into nothing: a client in the middle of sending then gets to read the answer, and
 * the connection does not stay open half-read. One that goes on for too long is cut off.
 */
export function discardRest({ raw }: FastifyRequest): void {
  raw.unpipe();
  raw.resume();
  if (raw.complete) return;
  const timer = setTimeout(() => raw.destroy(), restTimeoutMs).unref();
  for (const event of ['end', 'close']) raw.once(event, () => clearTimeout(timer));
}

/** The form parser's own errors carry no status; all of them mean a form that is malformed, cut off or over a limit. */
function translated(err: unknown): unknown {
  if (err instanceof Problem) return err;
  const code = typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : '';
  if (isSystemError(code)) return err;
  if (/^FST_(FILES|FIELDS|PARTS)_LIMIT$/.test(code)) return tooManyParts(err);
  if (code === 'FST_PROTO_VIOLATION')
    return new Problem('invalid_request', { detail: 'No field may be called __proto__ or constructor.', cause: err });
  return new Problem('invalid_request', { detail: 'The form is malformed or cut off.', cause: err });
}

/** A full disk is not the client's fault. */
function isSystemError(code: string): boolean {
  return ['ENOSPC', 'EIO', 'EACCES', 'EROFS', 'EMFILE', 'EDQUOT'].includes(code);
}
