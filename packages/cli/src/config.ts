/** What the command line takes from the environment: the only place where it reads it. */

export type Environment = {
  /** Of TINTYPE_URL. */
  url: string | undefined;
  /** Of TINTYPE_KEY. */
  key: string | undefined;
};

export function readEnvironment(): Environment {
  const { TINTYPE_URL, TINTYPE_KEY } = process.env;
  return { url: TINTYPE_URL || undefined, key: TINTYPE_KEY || undefined };
}
