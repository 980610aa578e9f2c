/** What Redis keeps for later, read back: a value of its schema, or an error that is nobody's fault who asks. */
import type { Static, TSchema } from 'typebox';
import { fits } from './validation.ts';

/** A stored value that does not fit its schema: damaged, or written by a version that this one does not know. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/**
 * The value of a JSON text that this service has stored under this schema. Fills no defaults and copies nothing, which
 * a hot path would feel. Throws `UnreadableRecord`, never a Problem: whoever reads it has done nothing wrong.
 */
export function readStored<Schema extends TSchema>(schema: Schema, text: string): Static<Schema> {
  return requireStored(schema, parseJson(text));
}

/** The same of a value that has been parsed already. */
export function requireStored<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  if (fits(schema, value)) return value;
  throw new UnreadableRecord('a stored value does not fit its schema');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnreadableRecord('a stored value is not JSON', { cause });
  }
}
