/** How the steps of a picture are told and timed by whoever has it made. */

/** The steps as they are told: `decode` is inspect to sample, `resize` is render, `colours` is describe. */
export type PictureStep = 'decode' | 'resize' | 'colours';

export type StepRunner = {
  /** Runs a step, or a further part of it, under its name. */
  run<Value>(step: PictureStep, work: () => Promise<Value>): Promise<Value>;
  /** Says that a step has begun inside of the one that runs. */
  enter(step: PictureStep): void;
  /** Moves milliseconds from one step to another that was run inside of it. */
  move(from: PictureStep, to: PictureStep, ms: number): void;
};

/** For whoever wants the picture alone. */
export const unobserved: StepRunner = { run: (_, work) => work(), enter: () => undefined, move: () => undefined };
