/** The disposable child: takes one picture on standard input, answers on standard output, and is thrown away. */
import { Problem } from '@tintype/contracts';
import { drawPicture, type PictureStep } from '@tintype/picture';
import { createJpegReducer } from '@tintype/picture/reduced';
import { startStepClock } from '../step-clock.ts';
import { listenForRequest, maxMessageBytes, writeDrawn, writeProblem, writeStep } from './child-messages.ts';
import { FrameReader, frameOf } from './frames.ts';
import type { PictureRequest, PictureSettings } from './picture-runner.ts';

/** For the one that only leaves its compiled code to others. */
export { warmUpDrawing } from '@tintype/picture';

const reader = new FrameReader(
  maxMessageBytes,
  listenForRequest((request, settings) => void answer(request, settings)),
);

// The end of the input: the worker is gone, or has had enough. `process.exit` would wait for the threads that decode.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.on('data', (piece: Buffer) => reader.add(piece));

function say(message: Uint8Array): void {
  for (const piece of frameOf(message)) process.stdout.write(piece);
}

async function answer(request: PictureRequest, settings: PictureSettings): Promise<void> {
  for (const message of await work(request, settings)) say(message);
}

/** Anything but a problem of the picture is a defect: not caught, and so the end of this process. */
async function work(
  { bytes, order, watermarks }: PictureRequest,
  { limits, reducesJpegs }: PictureSettings,
): Promise<Uint8Array[]> {
  const { signal } = new AbortController();
  const steps = startStepClock({ enterStep: (step: PictureStep) => say(writeStep(step)), signal });
  try {
    const reducer = reducesJpegs ? createJpegReducer() : null;
    const drawn = await drawPicture(bytes, order, limits, { reducer, steps, watermarks });
    return writeDrawn(drawn, steps.timingsMs().resize ?? 0);
  } catch (err) {
    if (err instanceof Problem) return writeProblem(err);
    throw err;
  }
}
