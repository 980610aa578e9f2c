/** JSON texts of records, which may be damaged. */

/** The value of a JSON text; null where there is no text, or it is not JSON. */
export function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
