/** How a batch stands in the index of expiry, beside the ids of jobs. */

const prefix = 'batch:';

export function batchEntry(id: string): string {
  return `${prefix}${id}`;
}

/** The id of the batch that an entry of the index names; null for other entries. */
export function parseBatchEntry(entry: string): string | null {
  return entry.startsWith(prefix) ? entry.slice(prefix.length) : null;
}
