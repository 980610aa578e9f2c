/** JSON objects whose fields are not known yet. */

export type Fields = Record<string, unknown>;

/** Whether a value is a JSON object: no list, not null. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
