/** What is inside of a semaphore, by tenant: in the room that all share, or in the reserve. */

export type Inside = ReturnType<typeof createInside>;

/** Counts who is inside; what may come in is decided by the semaphore. */
export function createInside(capacity: number, reserve: number) {
  const tenants = new Map<string, { count: number; weight: number }>();
  const lent = new Set<{ weight: number }>();
  const turns = createTurns();
  let free = capacity;
  let freeReserve = reserve;
  const count = (tenant: string, by: 1 | -1, weight: number) => {
    const known = tenants.get(tenant) ?? { count: 0, weight: 0 };
    const changed = { count: known.count + by, weight: known.weight + by * weight };
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
    /** Answers how to take it out again, which is true the first time. */
    add({ tenant, weight }: { tenant: string; weight: number }, isReserve: boolean): () => boolean {
      const entry = { weight };
      if (isReserve) {
        lent.add(entry);
        freeReserve -= weight;
      } else free -= weight;
      count(tenant, 1, weight);
      turns.take(tenant);
      let isInside = true;
      return () => {
        if (!isInside) return false;
        isInside = false;
        if (lent.delete(entry)) freeReserve += weight;
        else free += weight;
        count(tenant, -1, weight);
        return true;
      };
    },
  };
}

/** When each tenant was let in last, as a number that grows. */
function createTurns() {
  const turns = new Map<string, number>();
  let last = 0;
  return {
    /** Of tenants; whoever is inside is one of them. */
    count: () => turns.size,
    of: (tenant: string) => turns.get(tenant) ?? 0,
    take(tenant: string): void {
      last += 1;
      turns.set(tenant, last);
    },
    keep(tenants: ReadonlySet<string>): void {
      for (const tenant of turns.keys()) if (!tenants.has(tenant)) turns.delete(tenant);
    },
  };
}
