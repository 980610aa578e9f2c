/** What every contestant in a round can do and tell. */
export type SideRound = {
  picturesPerSecond: number;
  /** Over the whole process tree. */
  cpuMsPerPicture: number;
  /** Largest resident memory of the tree, in bytes; pages that processes share count in each. */
  peakRssBytes: number;
};

export type Side<Round extends SideRound> = {
  /** Works through so many pictures unmeasured: cold Node costs 10 to 20 % more. */
  warmUp(pictures: number): Promise<void>;
  measure(pictures: number): Promise<Round>;
  /** May be called again. */
  stop(): Promise<void>;
};

export type SideOptions = {
  /** URLs of pictures that were not asked for before, unless the suite repeats itself. */
  takeUrls: (count: number) => string[];
  onProgress: (done: number, total: number) => void;
  onFailure: (failure: string) => void;
};
