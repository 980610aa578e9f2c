/** The flights that jobs of this worker lead, and whom to wake when such a job ends. */
import type { ThumbnailJobData, ThumbnailJobResult } from '@tintype/contracts';
import { Parked } from './early-end.ts';
import { fingerprint } from './fingerprint.ts';
import type { FlightMember, Flights } from './flights.ts';

export type LedFlights = {
  /**
   * Null when the job shall do the work itself, the result when another one has done it meanwhile. Throws `Parked` when
   * another one is at it: then the job is not this worker's any more. Throws the problem of those who tried before.
   */
  join(data: ThumbnailJobData, member: FlightMember, takeOver: boolean): Promise<ThumbnailJobResult | null>;
  /** Somebody waits for the leader of this flight. */
  followed(flight: string): void;
  /** The job has ended, and its lock is gone: all who waited share its success, one of them tries in place of a failure. */
  ended(id: string, succeeded: boolean): void;
  /** The job has been put aside. Who waits for it goes on waiting: it comes back. */
  putAside(id: string): void;
};

export function createLedFlights(flights: Flights, onError: (err: unknown) => void): LedFlights {
  const flightOfJob = new Map<string, string>();
  const followed = new Map<string, boolean>();
  /** What was heard of flights that this worker did not lead yet, and which it led until a moment ago. */
  const heardEarly = createRecently();
  const endedLately = createRecently();
  const wake = (flight: string, who: 'all' | 'one') => void flights.wake(flight, who).catch(onError);
  return {
    async join(data, member, takeOver) {
      const flight = flightOf(data);
      if (flight === null) return null;
      const boarding = await flights.board(flight, member, takeOver);
      if (boarding.role === 'follower') throw new Parked();
      if (boarding.role === 'passenger') return boarding.result;
      if (boarding.role === 'hopeless') {
        wake(flight, 'all');
        throw boarding.problem;
      }
      flightOfJob.set(member.id, flight);
      followed.set(flight, boarding.followed || heardEarly.has(flight));
      return null;
    },
    followed(flight) {
      if (followed.has(flight)) followed.set(flight, true);
      else if (endedLately.has(flight)) wake(flight, 'all');
      else heardEarly.add(flight);
    },
    ended(id, succeeded) {
      const flight = flightOfJob.get(id);
      if (flight === undefined) return;
      flightOfJob.delete(id);
      if (followed.get(flight)) wake(flight, succeeded ? 'all' : 'one');
      followed.delete(flight);
      endedLately.add(flight);
    },
    putAside(id) {
      const flight = flightOfJob.get(id);
      flightOfJob.delete(id);
      if (flight !== undefined) followed.delete(flight);
    },
  };
}

/** Messages are under way for no longer than this. */
const recentlyMs = 5000;

/** Names that were added lately. */
function createRecently() {
  const addedAtMs = new Map<string, number>();
  const isRecent = (atMs: number) => atMs > performance.now() - recentlyMs;
  return {
    add(name: string): void {
      for (const [old, atMs] of addedAtMs) {
        if (isRecent(atMs)) break; // they are in the order in which they came
        addedAtMs.delete(old);
      }
      addedAtMs.delete(name);
      addedAtMs.set(name, performance.now());
    },
    has: (name: string) => isRecent(addedAtMs.get(name) ?? Number.NEGATIVE_INFINITY),
  };
}

/** Who wants the same of the same URL for the same tenant; an upload is not downloaded. */
function flightOf({ tenant, source, order }: ThumbnailJobData): string | null {
  if (!('url' in source)) return null;
  return fingerprint('flight', tenant, source.fetchUrl ?? source.url, order);
}
