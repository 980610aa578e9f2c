/** The files that a child's code is made of: all that it may read. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Packages that a child imports by name; what these need follows from their package.json. */
const imported = ['@tintype/contracts', '@tintype/picture'];
/** What they need elsewhere, and a child must not load: it would take longer than all the rest. */
const notLoaded = ['typebox'];

/**
 * The worker's own code in `folder`/`code`, and the folders of the packages that a child needs: by their real paths
 * and by the links that lead there, for Node's permission model looks at paths as they are asked for.
 */
export function codeFilesOf(folder: string, code: string): string[] {
  const files = new Set([join(folder, 'package.json'), join(folder, code)]);
  const follow = (from: string, names: string[]) => {
    for (const name of names) {
      const link = linkTo(name, from);
      if (link === null) continue; // optional, and of another platform
      const real = realpathSync(link);
      const isKnown = files.has(real);
      files.add(link).add(real);
      if (isKnown) continue;
      const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(real, 'package.json'), 'utf8'));
      const needed = Object.keys({ ...dependencies, ...optionalDependencies });
      follow(
        real,
        needed.filter((name) => !notLoaded.includes(name)),
      );
    }
  };
  follow(folder, imported);
  return [...files];
}

/** Where Node finds a package: in the nearest `node_modules` that has it. */
function linkTo(name: string, from: string): string | null {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const link = join(folder, 'node_modules', name);
    if (existsSync(join(link, 'package.json'))) return link;
  }
  return null;
}
