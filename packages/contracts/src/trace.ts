/** The trace of a request that came without one: it follows from the request's id, so that nobody has to store it. */

/** A UUID of any version; its digits are never all zero, and neither is its second half. */
const uuid = /^([0-9a-f]{8})-([0-9a-f]{4})-([1-8][0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/;

/**
 * A `traceparent` that is not sampled (https://www.w3.org/TR/trace-context/#traceparent-header): the request's id is the
 * trace, the second half of it the span. Undefined when the id, which a client may have chosen, is not a UUID.
 */
export function traceparentOf(requestId: string): string | undefined {
  const [, timeLow, timeMid, timeHigh, clock, node] = uuid.exec(requestId) ?? [];
  return node && `00-${timeLow}${timeMid}${timeHigh}${clock}${node}-${clock}${node}-00`;
}
