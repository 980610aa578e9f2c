/** One run: every class of attacks against a running Tintype, each class by itself, its cases side by side. */
import type { Progress } from '@tintype/testkit';
import pLimit from 'p-limit';
import { type Attack, type AttackClass, type CaseKind, type CaseResult, type ClassResult, sampleOf } from './case.ts';
import { clientAttacks } from './clients/attacks.ts';
import { documentAttacks } from './document/attacks.ts';
import { fileAttacks } from './files/attacks.ts';
import { sumOf, type Totals } from './goals.ts';
import { jpegAttacks } from './jpegs/attacks.ts';
import { loopsDuring, type Span } from './loops.ts';
import type { HostileOptions } from './options.ts';
import { quotaAttacks, rigQuotas } from './quotas/attacks.ts';
import { readerAttacks } from './readers/attacks.ts';
import { type Rig, type RigOptions, startRig } from './rig.ts';
import { serveSources, sourceAttacks } from './sources/attacks.ts';
import { tenantAttacks } from './tenants/attacks.ts';

export type HostileResult = { classes: ClassResult[]; totals: Totals };

const attacksOf: Record<CaseKind, (rig: Rig, options: HostileOptions) => Promise<AttackClass[]>> = {
  files: async (_rig, { seed }) => fileAttacks(seed),
  jpegs: async (_rig, { seed }) => jpegAttacks(seed),
  sources: async (rig) => sourceAttacks(rig, await serveSources(rig)),
  clients: async () => clientAttacks(),
  tenants: async () => tenantAttacks(),
  readers: readerAttacks,
  quotas: async () => quotaAttacks(),
  document: (rig, { seed, requestsPerOperation }) => documentAttacks(rig, seed, requestsPerOperation),
};

/** The kinds that tell tenants apart have a rig each. */
const rigs: readonly (RigOptions & { suits(kind: CaseKind): boolean })[] = [
  { suits: (kind) => kind !== 'tenants' && kind !== 'readers' && kind !== 'quotas' },
  { suits: (kind) => kind === 'tenants' || kind === 'readers', hasTenants: true },
  { suits: (kind) => kind === 'quotas', hasTenants: true, quotas: rigQuotas },
];

/** Runs what the options name. `onStarted` gets what undoes everything, for a run that is broken off. */
export async function runAttacks(
  options: HostileOptions,
  progress: Progress,
  onStarted: (stop: () => Promise<void>) => void = () => undefined,
): Promise<HostileResult> {
  let stop = async () => {};
  onStarted(() => stop());
  const parts: HostileResult[] = [];
  for (const { suits, ...rigOptions } of rigs) {
    const kinds = options.kinds.filter(suits);
    if (kinds.length === 0) continue;
    const rig = await startRig(rigOptions);
    stop = rig.stop;
    parts.push(await runKinds(rig, kinds, options, progress));
  }
  return { classes: parts.flatMap(({ classes }) => classes), totals: sumOf(parts.map(({ totals }) => totals)) };
}

/** Stops the rig when all is over. */
async function runKinds(
  rig: Rig,
  kinds: readonly CaseKind[],
  options: HostileOptions,
  progress: Progress,
): Promise<HostileResult> {
  const classes: (RunClass & Span)[] = [];
  try {
    for (const kind of kinds) {
      for (const attackClass of await attacksOf[kind](rig, options)) {
        const result = await timed(() => runClass(rig, attackClass, options, progress));
        const failures = result.results.filter(({ ok, isLate }) => !ok || isLate).length;
        progress.line(`${kind}: ${attackClass.name}: ${result.results.length} cases, ${failures} failures`);
        classes.push(result);
      }
    }
    const turns = rig.loopTurns();
    const results = classes.map((one) => ({ ...one, loops: loopsDuring(turns, one, one.results) }));
    return { classes: results, totals: totalsOf(rig, results) };
  } finally {
    await rig.stop();
  }
}

/** A class that was run; what its cases did to the loops is looked up when all is over. */
type RunClass = Omit<ClassResult, 'loops'>;

async function timed<Result>(work: () => Promise<Result>): Promise<Result & Span> {
  const startedAtMs = Date.now();
  const result = await work();
  return { ...result, startedAtMs, endedAtMs: Date.now() };
}

async function runClass(
  rig: Rig,
  { kind, name, atOnce, attacks }: AttackClass,
  { casesPerClass, slowPerClass }: HostileOptions,
  progress: Progress,
): Promise<RunClass> {
  const chosen = casesPerClass === null ? attacks : sampleOf(attacks, casesPerClass, slowPerClass);
  const limit = pLimit(atOnce);
  let done = 0;
  const results = await Promise.all(
    chosen.map((attack) =>
      limit(async () => {
        const result = await timed(() => runAttack(rig, attack));
        progress.bar(`${kind}: ${name}`, ++done, chosen.length);
        return result;
      }),
    ),
  );
  return { kind, name, results, ...rig.memory.lap() };
}

/** A case that throws has failed, and says how. */
async function runAttack(rig: Rig, attack: Attack): Promise<CaseResult> {
  try {
    return await attack.run(rig);
  } catch (err) {
    const got = err instanceof Error ? `${err.name}: ${err.message}` : String(err);
    return { name: attack.name, ok: false, expected: 'an end', got, ms: 0 };
  }
}

function totalsOf(rig: Rig, classes: readonly ClassResult[]): Totals {
  const results = classes.flatMap((one) => one.results);
  return {
    cases: results.length,
    failures: results.filter(({ ok }) => !ok).length,
    late: results.filter(({ isLate }) => isLate).length,
    crashes: rig.crashes(),
    addressesReached: rig.canary.touches(),
    answers: rig.watch.answers(),
    serverErrors: rig.watch.serverErrors(),
    leaks: rig.watch.leaks(),
    metadataFound: results.filter(({ got }) => got.startsWith('metadata in the output')).length,
    slowestMs: Math.max(0, ...results.map(({ ms }) => ms)),
    workerBytes: Math.max(0, ...classes.map(({ workerBytes }) => workerBytes)),
    treeBytes: Math.max(0, ...classes.map(({ treeBytes }) => treeBytes)),
    apiLoopMs: Math.max(0, ...classes.map(({ loops }) => loops.api?.cpuMs ?? 0)),
    workerLoopMs: Math.max(0, ...classes.map(({ loops }) => loops.worker?.cpuMs ?? 0)),
    defects: rig.defects(),
  };
}
