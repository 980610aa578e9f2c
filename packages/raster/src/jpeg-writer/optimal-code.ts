/** A Huffman code made for the symbols of one picture (ITU T.81 annex K.2). */

/** How often each symbol occurs, by symbol from 0 to 255; the last place, 256, is the code of all ones, which is not used. */
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
const reserved = 256;

export function codeFor(occurrences: SymbolCounts): Code {
  const counts = shortened(lengthCounts(occurrences));
  const symbols = [...occurrences.keys()]
    .filter((symbol) => symbol !== reserved && (occurrences[symbol] ?? 0) > 0)
    .sort((a, b) => (occurrences[b] ?? 0) - (occurrences[a] ?? 0) || a - b);
  const codes = new Uint16Array(256);
  const lengths = new Uint8Array(256);
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

/** How many symbols get a code of each length, the reserved one among the longest: the two rarest are joined until one is left. */
function lengthCounts(occurrences: SymbolCounts): number[] {
  const nodes = [...occurrences.keys()]
    .filter((symbol) => symbol === reserved || (occurrences[symbol] ?? 0) > 0)
    .map((symbol) => ({ weight: symbol === reserved ? 0 : (occurrences[symbol] ?? 0), depths: [0] }))
    .sort((a, b) => b.weight - a.weight);
  for (;;) {
    const rarest = nodes.pop();
    const next = nodes.pop();
    if (!rarest) return [];
    if (!next) return countsOf(rarest.depths);
    const joined = {
      weight: rarest.weight + next.weight,
      depths: [...rarest.depths, ...next.depths].map((depth) => depth + 1),
    };
    const place = nodes.findIndex(({ weight }) => weight < joined.weight);
    nodes.splice(place === -1 ? nodes.length : place, 0, joined);
  }
}

function countsOf(depths: number[]): number[] {
  const counts: number[] = [];
  for (const depth of depths) counts[depth] = (counts[depth] ?? 0) + 1;
  return Array.from({ length: Math.max(longestCode + 1, counts.length) }, (_, length) => counts[length] ?? 0);
}

/** Figure K.3: codes longer than 16 bits change places with shorter ones; then the reserved one, of the longest, is taken out. */
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
