/** The command line. */
import { InvalidOptions, parseCount, parseOptions } from '@tintype/testkit';
import { type CaseKind, caseKinds } from './case.ts';

export type HostileOptions = {
  kinds: readonly CaseKind[];
  /** Most cases of a class; null for all of them. */
  casesPerClass: number | null;
  /** Most of them where all take their time; none unless told. */
  slowPerClass?: number;
  seed: number;
  /** Requests per operation of the OpenAPI document. */
  requestsPerOperation: number;
  /** A short run is for machines that do other things too. */
  judgesTimes: boolean;
  json: boolean;
};

export const usage = `Attacks a running Tintype of its own and judges it by goals.

  npm run test:hostile -- [options]

  --only files,sources   kinds of attack (${caseKinds.join(', ')}; all by default)
  --requests 60          generated requests per operation of the OpenAPI document
  --seed 1               of everything that is left to chance
  --quick                a few cases of each class, one where all of them take their time; times are told, not judged
  --json                 one JSON document instead of the table

Ends with 1 when a goal is missed, 2 on wrong options.
`;

const quick = { casesPerClass: 4, slowPerClass: 1, requestsPerOperation: 20 };

/** Reads the arguments; null when help was asked for. Throws `InvalidOptions`. */
export function readOptions(args: string[]): HostileOptions | null {
  const values = parseOptions(args, {
    only: { type: 'string' },
    requests: { type: 'string' },
    seed: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  });
  if (values.help) return null;
  return {
    kinds: parseKinds(values.only ?? caseKinds.join(',')),
    casesPerClass: values.quick ? quick.casesPerClass : null,
    slowPerClass: quick.slowPerClass,
    seed: parseCount('seed', values.seed ?? '1'),
    requestsPerOperation: parseCount('requests', values.requests ?? (values.quick ? quick.requestsPerOperation : 60)),
    judgesTimes: !values.quick,
    json: values.json ?? false,
  };
}

function parseKinds(text: string): CaseKind[] {
  return text.split(',').map((name) => {
    const kind = caseKinds.find((candidate) => candidate === name);
    if (kind === undefined) throw new InvalidOptions(`--only ${name}: must be one of ${caseKinds.join(', ')}`);
    return kind;
  });
}
