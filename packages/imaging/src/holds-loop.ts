/** A picture that is for a process of its own, although its header does not say so. */
export class HoldsLoop extends Error {
  override readonly name = 'HoldsLoop';
}
