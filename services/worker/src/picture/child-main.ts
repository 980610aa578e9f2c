/** The disposable child: takes one picture on standard input, answers on standard output, and is thrown away. */
import { Problem } from '@tintype/contracts';
import { startStepClock } from '../step-clock.ts';
import { maxRequestBytes, readRequest, writeMade, writeProblem } from './child-messages.ts';
import { FrameReader, frameOf } from './frames.ts';
import { makePicture } from './picture-part.ts';

const reader = new FrameReader(maxRequestBytes);
let isTaken = false;

// The end of the input: the worker is gone, or has had enough. `process.exit` would wait for the threads that decode.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.on('data', (piece: Buffer) => {
  if (isTaken) return;
  const messages = reader.add(piece);
  if (messages === null) return;
  isTaken = true;
  void answer(messages);
});

async function answer(messages: Buffer[]): Promise<void> {
  for (const message of await work(messages)) for (const piece of frameOf(message)) process.stdout.write(piece);
}

/** Anything but a problem of the picture is a defect: not caught, and so the end of this process. */
async function work(messages: Buffer[]): Promise<Uint8Array[]> {
  const { request, settings } = readRequest(messages);
  const clock = startStepClock({ enterStep: () => undefined, signal: new AbortController().signal });
  try {
    const made = await makePicture(request, settings, clock);
    const { resize, colours } = clock.timingsMs();
    return writeMade(made, { ...(resize !== undefined && { resize }), ...(colours !== undefined && { colours }) });
  } catch (err) {
    if (err instanceof Problem) return writeProblem(err);
    throw err;
  }
}
