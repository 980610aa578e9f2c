/** The envelope of a record: what is readable when nothing else of it is, so that it can be removed whole. */
import { fits, ThumbnailJobResult } from '@tintype/contracts';
import { parseJson } from './parse-json.ts';

export type Envelope = {
  /** The version of records that a reader must know. */
  version: number;
  tenant: string;
  expiresAtMs: number;
  /** Blobs that it refers to: its upload and its renditions. */
  blobs: string[];
};

/** `1 <time in base 36> default <blob> <blob>`: scripts read the version, which stands first. */
export function writeEnvelope({ version, tenant, expiresAtMs, blobs }: Envelope): string {
  return [version, expiresAtMs.toString(36), tenantInEnvelope(tenant), ...new Set(blobs.map(blobInEnvelope))].join(' ');
}

/** A tenant as it stands in an envelope, and in the names of its counters: without a space. */
export function tenantInEnvelope(tenant: string): string {
  return encodeURIComponent(tenant.toWellFormed());
}

/** A hash as it stands in an envelope, in 43 letters instead of 64. Scripts add one at the end, after a space. */
export function blobInEnvelope(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64url');
}

function lengthened(blob: string): string[] {
  return /^[\w-]{43}$/.test(blob) ? [Buffer.from(blob, 'base64url').toString('hex')] : [];
}

/** The texts of a record, as they are in Redis. */
export type RecordTexts = { envelope: string | null; data: string | null; result: string | null };

/**
 * What can be made out, whatever the state of the rest; null when it cannot even be said whose it is. Records of
 * release 0.1.0 have no envelope: theirs is in their data.
 */
export function findEnvelope({ envelope, data, result }: RecordTexts): Envelope | null {
  const found = parseEnvelope(envelope) ?? envelopeOfData(data);
  if (!found) return null;
  return { ...found, blobs: [...new Set([...found.blobs, ...findBlobs({ envelope, data, result })])] };
}

/** Every blob that the texts refer to. */
export function findBlobs({ envelope, data, result }: RecordTexts): string[] {
  return [
    ...new Set([...hashesIn(uploadOf(data)), ...blobsOfResult(result), ...(parseEnvelope(envelope)?.blobs ?? [])]),
  ];
}

/** The upload that a job was made from, as its data say; null when there is none. */
export function uploadOf(data: string | null): string | null {
  return /"upload":\s*"([0-9a-f]{64})"/.exec(data ?? '')?.[1] ?? null;
}

/**
 * The files of a job. Of a damaged result all hashes count, that of its source too: what the job does not refer to is
 * released for nothing, which changes nothing, and kept for nothing, which costs some room.
 */
export function blobsOfResult(text: string | null): string[] {
  const result = parseJson(text);
  return fits(ThumbnailJobResult, result) ? result.renditions.map(({ sha256 }) => sha256) : hashesIn(text);
}

function hashesIn(text: string | null | undefined): string[] {
  return text?.match(/\b[0-9a-f]{64}\b/g) ?? [];
}

function parseEnvelope(text: string | null): Envelope | null {
  const [version = '', expiresAt = '', tenant = '', ...blobs] = (text ?? '').split(' ');
  if (!/^\d{1,9}$/.test(version) || !/^[0-9a-z]{1,10}$/.test(expiresAt) || tenant === '') return null;
  return {
    version: Number(version),
    expiresAtMs: Number.parseInt(expiresAt, 36),
    tenant: decodedTenant(tenant),
    blobs: blobs.flatMap(lengthened),
  };
}

function envelopeOfData(text: string | null): Envelope | null {
  const data = parseJson(text);
  if (typeof data !== 'object' || data === null) return null;
  if (!('tenant' in data) || typeof data.tenant !== 'string' || data.tenant === '') return null;
  if (!('expiresAtMs' in data) || !Number.isSafeInteger(data.expiresAtMs)) return null;
  const version = 'v' in data && Number.isSafeInteger(data.v) ? Number(data.v) : 1;
  return { version, tenant: data.tenant, expiresAtMs: Number(data.expiresAtMs), blobs: [] };
}

/** Reads what `tenantInEnvelope` wrote. */
export function decodedTenant(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
