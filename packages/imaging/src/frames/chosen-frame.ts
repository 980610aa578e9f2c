/** Which frame of a file was asked for, once it is known how many there are. */
import { type FrameChoice, Problem } from '@tintype/contracts';

/** From 0 on; of an even number the later one of two is in the middle. Throws `invalid_option` for one that is not there. */
export function chosenFrame(choice: FrameChoice, count: number): number {
  if (choice === 'middle') return Math.floor(count / 2);
  if (choice < Math.max(1, count)) return choice;
  if (count <= 1) throw noSuchFrame('The picture has one frame: leave frame out.');
  throw noSuchFrame(
    `The picture has ${count} frames, of which the first is 0: frame may be 0 to ${count - 1}, or middle.`,
  );
}

/** Of a file whose decoder shows the first frame alone. Throws `invalid_option` when another one is asked for. */
export function requireFirstFrame(choice: FrameChoice, count: number, what: string): void {
  if (chosenFrame(choice, count) !== 0) throw onlyFirst(`${what} of ${count} frames`);
}

export function onlyFirst(what: string): Problem {
  return noSuchFrame(`Of ${what} only the first can be read: leave frame out.`);
}

function noSuchFrame(detail: string): Problem {
  return new Problem('invalid_option', { detail, errors: [{ pointer: '/frame', detail: 'is not there' }] });
}
