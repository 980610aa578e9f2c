/** What is to be stopped when a suite ends, or when it is broken off. */
export type CleanUp = {
  add(stop: () => Promise<void>): void;
  /** Stops everything, the last first; what was stopped is not stopped again. */
  run(): Promise<void>;
};

export function createCleanUp(): CleanUp {
  const stops: (() => Promise<void>)[] = [];
  return {
    add: (stop) => void stops.push(stop),
    async run() {
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
    },
  };
}
