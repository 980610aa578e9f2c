/** What is inside of a semaphore, by tenant: in the room that all share, or in the reserve. */

export type Inside = ReturnType<typeof createInside>;

/** Counts who is inside; what may come in is decided by the semaphore. */
export function createInside(capacity: number, reserve: number) {
  const tenants = new Map<string, { count: number; weight: number }>();
  const lent = new Set<{ weight: number }>();
  const turns = createTurns();
  let free = capacity;
  let freeReserve = reserve;
  const count = (tenant: string, by: 1 | 0 | -1, weight: number) => {
    const known = tenants.get(tenant) ?? { count: 0, weight: 0 };
    const changed = { count: known.count + by, weight: known.weight + weight };
    if (changed.count === 0) tenants.delete(tenant);
    else tenants.set(tenant, changed);
  };
  return {
    fits: (weight: number) => weight <= free,
    fitsReserve: ({ tenant, weight }: { tenant: string; weight: number }) =>
      weight <= freeReserve && !tenants.has(tenant) && tenants.size > 0,
    weightOf: (tenant: string) => tenants.get(tenant)?.weight ?? 0,
    turnOf: turns.of,
    isEmpty: () => tenants.size === 0,
    /** Who came in by the reserve moves to the room that all share, as far as there is any. */
    settle(): void {
      for (const entry of lent) {
        if (entry.weight > free) continue;
        lent.delete(entry);
        free -= entry.weight;
        freeReserve += entry.weight;
      }
    },
    /** Who is neither inside nor among these comes as if for the first time. */
    forgetAllBut(line: readonly { tenant: string }[]): void {
      const hasOnlyThoseInside = turns.count() === tenants.size;
      if (!hasOnlyThoseInside) turns.keep(new Set([...tenants.keys(), ...line.map(({ tenant }) => tenant)]));
    },
    /** Answers how to take it out again, or some of it: true when that made room. */
    add({ tenant, weight }: { tenant: string; weight: number }, isReserve: boolean) {
      const entry = { weight, sinceMs: performance.now() };
      if (isReserve) {
        lent.add(entry);
        freeReserve -= weight;
      } else free -= weight;
      count(tenant, 1, weight);
      turns.take(tenant);
      const makeRoom = (room: number, by: 0 | -1) => {
        turns.charge(tenant, entry);
        count(tenant, by, -room);
        if (lent.has(entry)) freeReserve += room;
        else free += room;
        entry.weight -= room;
        if (by !== 0) lent.delete(entry);
      };
      return changesOf(entry, makeRoom);
    },
  };
}

/** How an entry ends or gets lighter, each true when that made room. */
function changesOf(entry: { weight: number }, makeRoom: (room: number, by: 0 | -1) => void) {
  let isInside = true;
  return {
    end(): boolean {
      if (!isInside) return false;
      isInside = false;
      makeRoom(entry.weight, -1);
      return true;
    },
    shrinkTo(weight: number): boolean {
      if (!isInside || weight >= entry.weight) return false;
      makeRoom(entry.weight - weight, 0);
      return true;
    },
  };
}

/**
 * What each tenant has really had, as weight × milliseconds, since it came: whoever has had least is next, so that few
 * long stays count as much as many short ones. Who comes has had as much as the one of least, or many who ask seldom
 * would keep the others waiting.
 */
function createTurns() {
  const had = new Map<string, number>();
  return {
    /** Of tenants; whoever is inside is one of them. */
    count: () => had.size,
    /** Who comes for the first time goes before all. */
    of: (tenant: string) => had.get(tenant) ?? -1,
    take(tenant: string): void {
      if (!had.has(tenant)) had.set(tenant, had.size === 0 ? 0 : Math.min(...had.values()));
    },
    charge(tenant: string, entry: { weight: number; sinceMs: number }): void {
      const nowMs = performance.now();
      had.set(tenant, (had.get(tenant) ?? 0) + entry.weight * (nowMs - entry.sinceMs));
      entry.sinceMs = nowMs;
    },
    keep(tenants: ReadonlySet<string>): void {
      for (const tenant of had.keys()) if (!tenants.has(tenant)) had.delete(tenant);
    },
  };
}
