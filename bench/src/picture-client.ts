/** What the load generator needs of a service that makes thumbnails. */

/** The service's answer as it came; it is read after the run, so that reading costs the run nothing. */
export type Answer = {
  /** From before the request to after the last byte of the answer that says how the job ended. */
  ms: number;
  httpStatus: number;
  /** Text, or a file byte by byte (latin1). */
  body: string;
  /** False when the job had not ended in time. */
  ended: boolean;
};

/** A picture that was handed in, and what the service said to that. */
export type Submission = { startMs: number; answer: Omit<Answer, 'ms'> & { location: string | null } };

export type Verdict = {
  /** Null when the thumbnail is what was asked for. */
  failure: string | null;
  cacheHit: boolean;
  /** Milliseconds by step, as the service took them itself. */
  timings: Record<string, number>;
};

export type PictureClient = {
  /** Hands a picture in and waits for it; asks again as long as the answer says that the job goes on. Never rejects. */
  make(url: string): Promise<Answer>;
  /** Hands it in only; absent where the service cannot do that. Never rejects. */
  submit?(url: string): Promise<Submission>;
  /** Waits for what was handed in. Never rejects. */
  wait?(submission: Submission): Promise<Answer>;
  close(): Promise<void>;
};
