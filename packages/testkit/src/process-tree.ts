/** What a tree of processes has used, read from /proc (proc(5)). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second towards user space, whatever the kernel's own tick (USER_HZ). */
const msPerTick = 10;

export type ProcessStat = {
  pid: number;
  parentPid: number;
  /** It has ended, and its parent has not asked yet how. */
  isZombie: boolean;
  /** User and system time of the process and of its children that have ended and were waited for. */
  cpuMs: number;
};

/** One line of /proc/<pid>/stat. The name is in parentheses and may contain spaces and parentheses itself. */
export function parseStat(line: string): ProcessStat {
  const nameEnd = line.lastIndexOf(')');
  // From the third field of proc(5) on: state, ppid, …; utime, stime, cutime, cstime are fields 14 to 17.
  const fields = line.slice(nameEnd + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const [pid, parentPid, cpuMs] = [Number.parseInt(line, 10), Number(fields[1]), ticks * msPerTick];
  if (nameEnd < 0 || [pid, parentPid, cpuMs].some(Number.isNaN))
    throw new TypeError(`no line of /proc/<pid>/stat: ${line}`);
  return { pid, parentPid, isZombie: fields[0] === 'Z', cpuMs };
}

/** The resident memory that /proc/<pid>/status tells, in bytes; 0 when the process has just ended and has none. */
export function parseResidentBytes(status: string): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** The given processes and everything below them, as they are now. Throws when one of the given has ended. */
export function readTree(roots: readonly number[]): ProcessStat[] {
  const stats = readProcesses();
  const tree = stats.filter(({ pid }) => roots.includes(pid));
  if (tree.length < roots.length) throw new Error('a process that is measured has ended');
  // Grows while it is walked: each process brings its children.
  for (const { pid } of tree) tree.push(...stats.filter(({ parentPid }) => parentPid === pid));
  return tree;
}

/** CPU time of the whole tree since it was started, children that have come and gone included. */
export function readTreeCpuMs(roots: readonly number[]): number {
  return readTree(roots).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** Resident memory of these processes together; what they share counts in each. */
export function readResidentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + parseResidentBytes(readIfThere(`/proc/${pid}/status`) ?? ''), 0);
}

export type MemoryUse = {
  /** Resident set size: what processes share counts in each. */
  rssBytes: number;
  /** Proportional set size: what n processes share counts one n-th in each, so that a sum counts it once. */
  pssBytes: number;
};

/**
 * Memory of these processes together. The kernel walks the page tables for it: about 0.7 ms for 200 MB, a hundred times
 * what `readResidentBytes` takes.
 */
export function readMemoryUse(pids: readonly number[]): MemoryUse {
  const rollups = pids.map((pid) => readIfThere(`/proc/${pid}/smaps_rollup`) ?? '');
  const sumOf = (line: RegExp) => rollups.reduce((sum, text) => sum + 1024 * Number(line.exec(text)?.[1] ?? 0), 0);
  return { rssBytes: sumOf(/^Rss:\s+(\d+) kB$/m), pssBytes: sumOf(/^Pss:\s+(\d+) kB$/m) };
}

/** Most resident memory that this process has had since its start or the last reset; 0 when it has ended. */
export function readPeakResidentBytes(pid: number): number {
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
}

/** Begins the peak anew at what is resident now. */
export function resetPeakResidentBytes(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // It has ended, or it is not ours: then the peak goes on from its start.
  }
}

/** All processes of this machine, zombies included. Linux only. */
export function readProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
}

/** Null when it has ended and its parent knows. */
export function readStat(pid: number): ProcessStat | null {
  const line = readIfThere(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

/** Null for a process that has ended in the meantime. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
