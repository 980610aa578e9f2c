/** The command line. */
import { InvalidOptions, parseCount, parseOptions } from '@tintype/testkit';
import { type Fault, faults } from './faults.ts';

export type FaultsOptions = {
  faults: readonly Fault[];
  rounds: number;
  json: boolean;
  /** Where the logs of all processes are written, a file for each process of each round; null for nowhere. */
  logFolder: string | null;
};

export const usage = `Brings faults about under load and follows every accepted job to its end.

  npm run test:faults -- [options]

  --only a,b        faults to bring about; all by default, and then docs/reliability.md gets the table
                    (${faults.map(({ name }) => name).join(', ')})
  --rounds 1        rounds of each fault; the table has the sums, and the worst times
  --json            one JSON document instead of the table
  --logs <folder>   keep what the processes log
`;

/** Reads the arguments; null when help was asked for. Throws `InvalidOptions`. */
export function readOptions(args: string[]): FaultsOptions | null {
  const values = parseOptions(args, {
    only: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'boolean' },
    logs: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (values.help) return null;
  return {
    faults: values.only === undefined ? faults : values.only.split(',').map(faultNamed),
    rounds: parseCount('rounds', values.rounds ?? 1),
    json: values.json ?? false,
    logFolder: values.logs ?? null,
  };
}

/** Throws `InvalidOptions` when there is none of this name. */
export function faultNamed(name: string): Fault {
  const fault = faults.find((candidate) => candidate.name === name);
  if (!fault)
    throw new InvalidOptions(`there is no fault ${name}; there are ${faults.map((one) => one.name).join(', ')}`);
  return fault;
}
