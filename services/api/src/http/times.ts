/** Times in answers: RFC 3339 in UTC, from milliseconds since 1970. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
