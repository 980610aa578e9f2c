/** What the command line takes from the environment: the only place where it reads it. */

export type Environment = {
  /** Of TINTYPE_URL. */
  url: string | undefined;
  /** Of TINTYPE_KEY. */
  key: string | undefined;
  /** Where paths begin: npm runs scripts in the repository's root, wherever they were asked for. */
  folder: string;
};

export function readEnvironment(): Environment {
  const { TINTYPE_URL, TINTYPE_KEY, INIT_CWD, npm_lifecycle_event: script } = process.env;
  const isScript = script === 'tintype' && INIT_CWD !== undefined;
  return { url: TINTYPE_URL || undefined, key: TINTYPE_KEY || undefined, folder: isScript ? INIT_CWD : process.cwd() };
}
