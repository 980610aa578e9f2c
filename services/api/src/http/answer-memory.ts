/** The budget of answers that are made and not yet taken: bytes in flight, of each holder and of the process. */

/** What an answer holds beside its own bytes while it is sent, and shares with others of the same: it counts once. */
export type Held = { what: object; bytes: number };

export type AnswerMemory = {
  /** Takes bytes for a holder; null when there is no room for them. What is returned gives them back, once. */
  take(holder: string, bytes: number, held?: Held | null): (() => void) | null;
  /** Whether answers of this holder are in flight. */
  hasAny(holder: string): boolean;
  /** Bytes in flight, of all holders. */
  bytes(): number;
};

/** A holder's bytes, and what several of its answers hold together. */
type Share = { bytes: number; answers: number; held: Map<object, { bytes: number; answers: number }> };

/**
 * A holder may have as much as is left free: one alone gets half of all, of two that take what they can each gets a third,
 * and whoever comes next always finds as much as each of them has (dynamic thresholds: Choudhury and Hahne, 1998).
 */
export function createAnswerMemory(maxBytes: number): AnswerMemory {
  const shares = new Map<string, Share>();
  let usedBytes = 0;

  const shareOf = (holder: string): Share => {
    const share = shares.get(holder) ?? { bytes: 0, answers: 0, held: new Map() };
    shares.set(holder, share);
    return share;
  };

  const add = (share: Share, bytes: number): void => {
    share.bytes += bytes;
    usedBytes += bytes;
  };

  const hold = (share: Share, { what, bytes }: Held): void => {
    const held = share.held.get(what) ?? { bytes, answers: 0 };
    if (held.answers === 0) add(share, bytes);
    held.answers += 1;
    share.held.set(what, held);
  };

  const letGo = (share: Share, { what }: Held): void => {
    const held = share.held.get(what);
    if (!held) return;
    held.answers -= 1;
    if (held.answers > 0) return;
    share.held.delete(what);
    add(share, -held.bytes);
  };

  return {
    take(holder, bytes, held = null) {
      const present = shares.get(holder);
      const more = bytes + (held && !present?.held.has(held.what) ? held.bytes : 0);
      if ((present?.bytes ?? 0) + more > maxBytes - usedBytes) return null;
      const share = present ?? shareOf(holder);
      share.answers += 1;
      add(share, bytes);
      if (held) hold(share, held);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        share.answers -= 1;
        add(share, -bytes);
        if (held) letGo(share, held);
        if (share.answers === 0) shares.delete(holder);
      };
    },
    hasAny: (holder) => shares.has(holder),
    bytes: () => usedBytes,
  };
}
