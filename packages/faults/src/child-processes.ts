/** The children of a process, read from /proc (proc(5)); none where there is no /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** Ids of the processes whose parent this is now. */
export async function childrenOf(parentPid: number): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(parentOf));
  return pids.filter((_, index) => parents[index] === parentPid);
}

async function parentOf(pid: number): Promise<number | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (line === null) return null; // it has ended meanwhile
  // The name is in parentheses and may contain spaces and parentheses itself; then come the state and the parent.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return Number(fields[1]);
}
