/** Debian and Ubuntu packages unpacked into a folder, without root and without installing anything. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunOptions, runProgram } from './run-program.ts';

const DOWNLOAD_TIMEOUT_MS = 180_000;
/** As root, apt fetches as the user `_apt`, who may not write into our folder; a dead mirror must not hold us long. */
const APT_OPTIONS = ['APT::Sandbox::User=root', 'Acquire::Retries=1', 'Acquire::http::Timeout=15'];

/** Absolute paths of the programs of the package system. */
export type DebianTools = { aptGet: string; aptCache: string; dpkg: string; dpkgQuery: string };

/** What the package system could not do, in its own words. */
export class PackagesUnavailable extends Error {
  override readonly name = 'PackagesUnavailable';
}

/**
 * Unpacks into `folder` the first of the `candidates` that the distribution has, with the shared libraries that it
 * needs and the machine lacks. It asks the machine's package lists; when these are missing (slim images) or outdated
 * (404), it fetches lists of its own, which needs no root. Throws `PackagesUnavailable`.
 */
export async function unpackDebianPackages(tools: DebianTools, candidates: string[], folder: string): Promise<void> {
  const archives = join(folder, 'archives');
  const lists = join(folder, 'apt');
  await mkdir(archives);
  try {
    await downloadFirst(tools, candidates, archives, APT_OPTIONS);
  } catch {
    await downloadFirst(tools, candidates, archives, await fetchLists(tools, lists));
  }
  for (const archive of await readdir(archives)) {
    if (archive.endsWith('.deb')) await succeed([tools.dpkg, '-x', join(archives, archive), folder]);
  }
  await Promise.all([archives, lists].map((path) => rm(path, { recursive: true, force: true })));
}

/** The folders with shared libraries in `folder`: `usr/lib/x86_64-linux-gnu` and, on older releases, `lib/…`. */
export async function libraryFolders(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of [join(folder, 'usr/lib'), join(folder, 'lib')]) {
    const names = await readdir(base).catch(() => []);
    found.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(base, name)));
  }
  return found;
}

async function downloadFirst(
  tools: DebianTools,
  candidates: string[],
  archives: string,
  settings: string[],
): Promise<void> {
  for (const candidate of candidates) {
    const graph = await dependencyGraph(tools, candidate, settings);
    if (!graph.has(candidate)) continue;
    const packages = missingPackages(graph, candidate, await installedPackages(tools));
    const command = [tools.aptGet, ...asOptions(settings), 'download', ...packages];
    await succeed(command, { cwd: archives, timeoutMs: DOWNLOAD_TIMEOUT_MS });
    return;
  }
  throw new PackagesUnavailable(`apt finds no package ${candidates.join(' or ')}, even with fresh lists (no network?)`);
}

/**
 * Package → what it depends on, from the whole tree below `root`. apt-cache prints a package at the line's start and
 * below it `  Depends: name` for each dependency, with a bar (` |Depends: name`) when the next line is an alternative
 * to it: the first is taken, as apt does.
 */
async function dependencyGraph(tools: DebianTools, root: string, settings: string[]): Promise<Map<string, string[]>> {
  const weak = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const { stdout } = await runProgram([
    ...[tools.aptCache, ...asOptions(settings)],
    ...['depends', '--recurse', ...weak, root],
  ]);
  const graph = new Map<string, string[]>();
  let dependencies: string[] = [];
  let isAlternative = false;
  for (const line of stdout.split('\n')) {
    const [, bar, dependency] = /^ ([ |])(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
    if (dependency !== undefined) {
      if (!isAlternative) dependencies.push(dependency);
      isAlternative = bar === '|';
    } else if (/^[a-z0-9]/.test(line)) {
      dependencies = [];
      graph.set(line, dependencies);
    }
  }
  return graph;
}

/** The package, its `-tools` (where Debian keeps the binary), and the libraries below them that are not installed. */
function missingPackages(graph: Map<string, string[]>, root: string, installed: Set<string>): string[] {
  const toolsPackage = root.replace('-server', '-tools');
  const wanted = new Set([root]);
  for (const name of wanted) {
    for (const dependency of graph.get(name) ?? []) {
      const isMissingLibrary = /^(lib|lua-)/.test(dependency) && !installed.has(dependency);
      if (graph.has(dependency) && (isMissingLibrary || dependency === toolsPackage)) wanted.add(dependency);
    }
  }
  return [...wanted];
}

async function installedPackages(tools: DebianTools): Promise<Set<string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const { stdout } = await runProgram([tools.dpkgQuery, '-W', '-f', '${db:Status-Status} ${Package}\n']);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return new Set(lines.flatMap(([status, name]) => (status === 'installed' && name !== undefined ? [name] : [])));
}

/** Settings that point apt at package lists of our own in `folder`, just fetched. */
async function fetchLists(tools: DebianTools, folder: string): Promise<string[]> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
  const settings = [...APT_OPTIONS, `Dir::State::Lists=${folder}/lists`, `Dir::Cache=${folder}/cache`];
  // Its exit code says little (an image's hooks that need root fail it): what follows finds the package or does not.
  await runProgram([tools.aptGet, ...asOptions(settings), 'update'], { timeoutMs: DOWNLOAD_TIMEOUT_MS });
  return settings;
}

function asOptions(settings: string[]): string[] {
  return settings.flatMap((setting) => ['-o', setting]);
}

async function succeed(command: string[], options?: RunOptions): Promise<void> {
  const { ok, stderr } = await runProgram(command, options);
  if (ok) return;
  const lines = stderr.trim().split('\n');
  throw new PackagesUnavailable(lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1));
}
