/** A URL that a stranger might hand in, and what is right to make of it. */
import type { CaseClass, Verdict } from '../case.ts';

/** Where the run's own servers are. */
export type Places = { originHost: string; originPort: number; canaryPort: number; apiPort: number };

export type HostileSource = { name: string; url: string; right: readonly Verdict[]; isSlow?: boolean };
export type SourceClass = CaseClass<HostileSource>;

export const forbidden: readonly Verdict[] = ['source_forbidden_address'];
export const refusedAsUrl: readonly Verdict[] = ['invalid_request'];
