/** What the development commands share in reading their command line. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** A command line that cannot be followed; the message says why. */
export class InvalidOptions extends Error {
  override readonly name = 'InvalidOptions';
}

/** `parseArgs`' values, with the types that follow from `options`. Throws `InvalidOptions`. */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    // No instanceof: under jest, Node's own errors are not those of the test's realm.
    const reason = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause;
    throw new InvalidOptions(String(reason), { cause });
  }
}

/** A whole number from 1 on. Throws `InvalidOptions`. */
export function parseCount(name: string, value: string | number): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidOptions(`--${name} ${value}: must be 1 or more`);
  return count;
}

/**
 * What this process was called with. Ends it with the usage instead: with 0 where `readOptions` says null because
 * help was asked for, with 2 where it throws `InvalidOptions`.
 */
export function optionsOrExit<Options>(readOptions: (args: string[]) => Options | null, usage: string): Options {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== null) return options;
    process.stdout.write(usage);
    process.exit(0);
  } catch (err) {
    if (!(err instanceof InvalidOptions)) throw err;
    process.stderr.write(`${err.message}\n\n${usage}`);
    process.exit(2);
  }
}
