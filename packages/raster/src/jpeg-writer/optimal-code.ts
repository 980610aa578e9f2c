/** A Huffman code made for the symbols of one picture (ITU T.81 annex K.2). */

/** How often each symbol occurs, by symbol from 0 to 255. */
export type SymbolCounts = Uint32Array;

export type Code = {
  /** Codes of each length from 1 to 16. */
  counts: readonly number[];
  /** Symbols in the order of their codes. */
  symbols: readonly number[];
  /** By symbol. */
  codes: Uint16Array;
  lengths: Uint8Array;
};

const longestCode = 16;
const symbolCount = 256;

export function codeFor(occurrences: SymbolCounts): Code {
  const symbols: number[] = [];
  for (let symbol = 0; symbol < symbolCount; symbol += 1) if (occurrences[symbol]) symbols.push(symbol);
  symbols.sort((a, b) => (occurrences[b] ?? 0) - (occurrences[a] ?? 0) || a - b);
  const weights = symbols.map((symbol) => occurrences[symbol] ?? 0).reverse();
  // The rarest of all is the code of all ones, which must not be used (K.2).
  const counts = shortened(lengthCounts([0, ...weights]));
  const codes = new Uint16Array(symbolCount);
  const lengths = new Uint8Array(symbolCount);
  let code = 0;
  let index = 0;
  counts.forEach((count, at) => {
    for (let left = count; left > 0; left -= 1) {
      const symbol = symbols[index] ?? 0;
      codes[symbol] = code;
      lengths[symbol] = at + 1;
      code += 1;
      index += 1;
    }
    code <<= 1;
  });
  return { counts, symbols, codes, lengths };
}

/**
 * How many of these weights, in rising order, get a code of each length. The two rarest are joined until one is left;
 * joined ones come out in rising order, too, so the rarest is always the next of either (van Leeuwen 1976).
 */
function lengthCounts(leaves: readonly number[]): number[] {
  const weights = [...leaves];
  const parents: number[] = [];
  let leaf = 0;
  let joined = leaves.length;
  const rarest = () => {
    const isLeaf = leaf < leaves.length && (joined >= weights.length || (leaves[leaf] ?? 0) <= (weights[joined] ?? 0));
    return isLeaf ? leaf++ : joined++;
  };
  while (weights.length < 2 * leaves.length - 1) {
    const [one, other] = [rarest(), rarest()];
    parents[one] = weights.length;
    parents[other] = weights.length;
    weights.push((weights[one] ?? 0) + (weights[other] ?? 0));
  }
  const depths: number[] = [];
  const counts: number[] = new Array(Math.max(longestCode + 1, leaves.length)).fill(0);
  for (let node = weights.length - 1; node >= 0; node -= 1) {
    const parent = parents[node];
    const depth = parent === undefined ? 0 : (depths[parent] ?? 0) + 1;
    depths[node] = depth;
    if (node < leaves.length) counts[depth] = (counts[depth] ?? 0) + 1;
  }
  return counts;
}

/**
 * Figure K.3: codes longer than 16 bits change places with shorter ones; then the reserved one, of the longest, is
 * taken out.
 */
function shortened(counts: number[]): number[] {
  for (let length = counts.length - 1; length > longestCode; length -= 1) {
    while ((counts[length] ?? 0) > 0) {
      let shorter = length - 2;
      while ((counts[shorter] ?? 0) === 0) shorter -= 1;
      counts[length] = (counts[length] ?? 0) - 2;
      counts[length - 1] = (counts[length - 1] ?? 0) + 1;
      counts[shorter + 1] = (counts[shorter + 1] ?? 0) + 2;
      counts[shorter] = (counts[shorter] ?? 0) - 1;
    }
  }
  let longest = longestCode;
  while (longest > 0 && (counts[longest] ?? 0) === 0) longest -= 1;
  counts[longest] = (counts[longest] ?? 0) - 1;
  return counts.slice(1, longestCode + 1);
}
