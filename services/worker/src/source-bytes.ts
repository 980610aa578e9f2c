/** Counts the bytes of sources by tenant: those of the budget that all share, and those that its reserve has lent. */
import type { Held } from './source-line.ts';

/** Beside the budget, for tenants that hold little while others hold all of it: this part of the budget, … */
const reservedPart = 1 / 4;
/** … of which each may have this part of what it has not lent to others: so there is always some left for one more. */
const littlePart = 1 / 4;

/** The reserve comes on top of the budget, and counts what it has lent, whoever got it. */
export function createSourceBytes(budgetBytes: number) {
  const reservedBytes = budgetBytes * reservedPart;
  const sum = createSum();
  /** Of these, what the reserve has lent. */
  const lent = createSum();
  const leftBytes = () => budgetBytes - (sum.all() - lent.all());
  const littleOf = (tenant: string) => (reservedBytes - lent.all() + lent.of(tenant)) * littlePart;
  const lend = (held: Held, bytes: number) => {
    held.lentBytes += bytes;
    lent.add(held.tenant, bytes);
  };
  return {
    isFull: () => leftBytes() <= 0,
    /** Whether the tenant holds so little that the reserve would lend it more. */
    isModest: (tenant: string) => sum.of(tenant) < littleOf(tenant),
    /** Answers whether the reserve has lent these bytes. */
    count(held: Held, more: number): boolean {
      const isLent = leftBytes() <= 0 && sum.of(held.tenant) + more <= littleOf(held.tenant);
      held.bytes += more;
      sum.add(held.tenant, more);
      if (isLent) lend(held, more);
      return isLent;
    },
    giveBack(held: Held): void {
      sum.add(held.tenant, -held.bytes);
      lend(held, -held.lentBytes);
      held.bytes = 0;
    },
    /** What the reserve has lent is the budget's as soon as there is room in it. */
    settle(all: readonly Held[]): void {
      for (const held of all) lend(held, -Math.min(held.lentBytes, Math.max(0, leftBytes())));
    },
  };
}

/** Bytes by tenant. */
function createSum() {
  const tenants = new Map<string, number>();
  let all = 0;
  return {
    add(tenant: string, bytes: number): void {
      const now = (tenants.get(tenant) ?? 0) + bytes;
      all += bytes;
      if (now === 0) tenants.delete(tenant);
      else tenants.set(tenant, now);
    },
    all: () => all,
    of: (tenant: string) => tenants.get(tenant) ?? 0,
  };
}
