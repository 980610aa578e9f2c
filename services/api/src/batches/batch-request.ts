/** Reads the body of a batch: what is wrong with one item is that item's problem, and the others go on. */
import { BatchEnvelope, isFields, Problem, parse, ThumbnailRequest } from '@tintype/contracts';
import type { LongWork } from '@tintype/runtime';
import { inSlices } from '../http/turns.ts';

export type ReadBatch = { items: (ThumbnailRequest | Problem)[]; metadata: BatchEnvelope['metadata'] };

/** Fills in what the presets say that a request names (presets/presets.ts). */
export type FillPresets = (request: unknown) => unknown;

/**
 * Throws `invalid_request`, `invalid_option` or `forbidden` for what is wrong with the whole: the list, the defaults, the
 * metadata. Only what the defaults say themselves holds for the items, not what is filled in where they say nothing.
 */
export async function readBatchBody(body: unknown, fill: FillPresets, work: LongWork): Promise<ReadBatch> {
  const said = isFields(body) && isFields(body.defaults) ? structuredClone(body.defaults) : {};
  const whole =
    isFields(body) && isFields(body.defaults)
      ? { ...body, defaults: structuredClone(filledWithin(said, '/defaults', fill)) }
      : body;
  const { items, metadata } = parse(BatchEnvelope, whole ?? {}, { isOurs: true });
  return { items: await inSlices(items, work, (item, index) => itemOf(item, index, said, fill)), metadata };
}

function itemOf(item: unknown, index: number, defaults: object, fill: FillPresets): ThumbnailRequest | Problem {
  const pointer = itemPointer(index);
  try {
    return parse(ThumbnailRequest, wholeItem(item, pointer, defaults, fill), { pointer, isOurs: true });
  } catch (err) {
    if (err instanceof Problem) return err;
    throw err;
  }
}

/** A preset that an item names itself says more of it than the defaults do; their preset it replaces. */
function wholeItem(item: unknown, pointer: string, defaults: object, fill: FillPresets): unknown {
  if (!isFields(item)) return filledWithin(item, pointer, fill);
  const isNamed = typeof item.preset === 'string' && item.preset !== '';
  if (!isNamed) return filledWithin({ ...defaults, ...item }, pointer, fill);
  const under = filledWithin({ ...defaults, preset: '' }, '/defaults', fill);
  return { ...Object(under), ...Object(filledWithin(item, pointer, fill)) };
}

function filledWithin(item: unknown, pointer: string, fill: FillPresets): unknown {
  try {
    return fill(item);
  } catch (err) {
    throw err instanceof Problem ? withinItem(err, pointer) : err;
  }
}

export function itemPointer(index: number): string {
  return `/items/${index}`;
}

/** A problem with a place within an item, as one with a place in the whole request. */
export function withinItem(problem: Problem, pointer: string): Problem {
  const { code, message, errors, retryable } = problem;
  if (errors === undefined) return problem;
  const detail = message.startsWith('/') ? `${pointer}${message}` : message;
  const placed = errors.map((one) => ({ ...one, pointer: `${pointer}${one.pointer}` }));
  return new Problem(code, { detail, retryable, errors: placed });
}
