/** Reads a multipart body: pictures, streamed to the storage as they come, and option fields before or after them. */
import type { Readable } from 'node:stream';
import { Problem, parse } from '@tintype/contracts';
import type { IncomingBlob } from '@tintype/storage';
import type { FastifyRequest } from 'fastify';
import type { Static, TObject } from 'typebox';
import { requireFitting } from './body-limit.ts';
import { completedFields } from './completed-fields.ts';
import { collectFields } from './form-fields.ts';

/** Takes a file in, as a stream; what it throws refuses the file. Of the same form came so many bytes of files before. */
export type ReceiveFile = (file: AsyncIterable<Uint8Array>, bytesBefore: number) => Promise<IncomingBlob>;

export type ReceivedForm<Fields> = { upload: IncomingBlob; fields: Fields };
/** A file that is no picture of ours is the problem that it has. */
export type ReceivedFiles<Fields> = { files: (IncomingBlob | Problem)[]; fields: Fields };

export type FilesLimits = {
  /** Most bytes of one file. */
  maxBytes: number;
  /** Most bytes of all files together. */
  maxBytesOfAll: number;
  maxFiles: number;
};

/** Of a field: fifty tags of a hundred characters as JSON, whatever their script. */
const fieldMaxBytes = 64 * 1024;
/** Limits of a form besides its files; empty files, as browsers send them of fields without one, may be some more. */
const limits = { fields: 40, fieldNameSize: 100, fieldSize: fieldMaxBytes, headerPairs: 20 };
const mostEmptyFiles = 3;

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
  const one = { maxBytes, maxBytesOfAll: maxBytes, maxFiles: 1 };
  const { files, fields } = await receiveFiles(request, schema, receive, one);
  const [upload] = files;
  if (upload === undefined || upload instanceof Problem) throw upload ?? noFile();
  return { upload, fields };
}

/**
 * The same of one file or several. Of several, one that is no picture of ours is read to its end, and its problem stands
 * in its place; everything else that is wrong refuses the whole form, and nothing of it is kept.
 */
export async function receiveFiles<Schema extends TObject>(
  request: FastifyRequest,
  schema: Schema,
  receive: ReceiveFile,
  { maxBytes, maxBytesOfAll, maxFiles }: FilesLimits,
): Promise<ReceivedFiles<Static<Schema>>> {
  if (!request.isMultipart()) {
    throw new Problem('unsupported_media_type', { detail: 'Send the picture as multipart/form-data.' });
  }
  const collected = collectFields(schema);
  const files: (IncomingBlob | Problem)[] = [];
  const came = { besidesFiles: true, ofFiles: 0 };
  const readFile = async (file: AsyncIterable<Uint8Array>, rest: AsyncIterable<Uint8Array>): Promise<void> => {
    if (files.length >= maxFiles) throw tooManyParts(maxFiles);
    try {
      files.push(await receive(file, came.ofFiles));
    } catch (err) {
      if (maxFiles === 1 || !isNoPicture(err)) throw err;
      files.push(err);
      for await (const _ of rest);
    }
  };
  const partLimits = { ...limits, fileSize: maxBytes + 1, files: maxFiles + mostEmptyFiles };
  const allLimits = { ...partLimits, parts: limits.fields + maxFiles + mostEmptyFiles + 1 };
  const readParts = async (): Promise<void> => {
    for await (const part of request.parts({ limits: allLimits, isPartAFile })) {
      if (part.type !== 'file') {
        if (part.valueTruncated) throw new Problem('invalid_request', { detail: `/${part.fieldname} is too long.` });
        collected.add(part.fieldname, part.value);
        continue;
      }
      came.besidesFiles = false; // a file has a limit of its own, and problems of its own when it is refused
      const pieces = () => piecesOf(part.file, came, maxBytesOfAll);
      const file = part.filename ? pieces() : await unlessEmpty(pieces());
      if (file !== null) await readFile(file, pieces());
      came.besidesFiles = true;
    }
  };
  try {
    requireFitting(request, maxBytesOfAll, besidesFileMaxBytes);
    await Promise.race([readParts(), refuseEndless(request, came)]);
    if (files.length === 0) throw noFile();
    return { files, fields: parse(schema, completedFields(request, collected.values()), { convert: true }) };
  } catch (err) {
    discardRest(request);
    await discardAll(files);
    throw translated(err, maxFiles);
  }
}

/** The bytes of a file, which stays open when nobody wants more of them: what is behind it can still be read. */
async function* piecesOf(file: Readable, came: { ofFiles: number }, maxBytesOfAll: number): AsyncGenerator<Uint8Array> {
  for await (const piece of file.iterator({ destroyOnReturn: false })) {
    came.ofFiles += piece.length;
    if (came.ofFiles > maxBytesOfAll + 1) throw filesTooLarge(maxBytesOfAll);
    yield piece;
  }
}

function isNoPicture(err: unknown): err is Problem {
  return err instanceof Problem && (err.code === 'not_an_image' || err.code === 'unsupported_format');
}

function noFile(): Problem {
  return new Problem('invalid_request', {
    detail: 'The form has no picture: send it as the part file. A URL is handed in as JSON.',
    errors: [{ pointer: '/file', detail: 'is required' }],
  });
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

function tooManyParts(maxFiles: number, cause?: unknown): Problem {
  const most = maxFiles === 1 ? 'one file and its options' : `${maxFiles} files and their options`;
  const detail = `The form has more parts than are taken: ${most}.`;
  return new Problem('invalid_request', { detail, cause });
}

function filesTooLarge(maxBytes: number): Problem {
  return new Problem('payload_too_large', { detail: `The files of the form have more than ${maxBytes} bytes.` });
}

/** What was received and cannot be used is not kept. */
export async function discardAll(files: readonly (IncomingBlob | Problem)[]): Promise<void> {
  await Promise.all(files.map((file) => (file instanceof Problem ? null : file.discard())));
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
function refuseEndless({ raw }: FastifyRequest, came: { besidesFiles: boolean }): Promise<never> {
  return new Promise((_resolve, reject) => {
    let bytes = 0;
    raw.on('data', (chunk: Buffer) => {
      if (came.besidesFiles) bytes += chunk.length;
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
function translated(err: unknown, maxFiles: number): unknown {
  if (err instanceof Problem) return err;
  const code = typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : '';
  if (isSystemError(code)) return err;
  if (/^FST_(FILES|FIELDS|PARTS)_LIMIT$/.test(code)) return tooManyParts(maxFiles, err);
  if (code === 'FST_PROTO_VIOLATION')
    return new Problem('invalid_request', { detail: 'No field may be called __proto__ or constructor.', cause: err });
  return new Problem('invalid_request', { detail: 'The form is malformed or cut off.', cause: err });
}

/** A full disk is not the client's fault. */
function isSystemError(code: string): boolean {
  return ['ENOSPC', 'EIO', 'EACCES', 'EROFS', 'EMFILE', 'EDQUOT'].includes(code);
}
