/** Puts the code of the disposable child into one file: finding and reading two hundred costs as much as a small picture. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

export type ChildBundle = {
  /** The child's main module, in TypeScript. */
  entry: string;
  folder: string;
  /** In JavaScript, the file from which the worker's packages are found when the child runs. */
  home: string;
};

/** Loaded for few pictures, from its package, where it can be replaced by another build (its licence wants that). */
const leftInPackages = ['libheif-js'];

/** Files that find others from where they are, and the package that this is. */
const finders: [RegExp, 'imaging' | 'sharp'][] = [
  [/[\\/]imaging[\\/]src[\\/]heic[\\/]libheif\.ts$/, 'imaging'],
  [/[\\/]sharp[\\/]dist[\\/]\w+\.mjs$/, 'sharp'],
];

/** What sharp asks of modules of Node where it is built or not found, and a child may not: they are not loaded before. */
const seldomAsked = {
  child_process: ['exec', 'execSync', 'spawnSync'],
  crypto: ['createHash'],
};

/**
 * Writes `child-main.cjs`, sharp's JavaScript included. It is CommonJS because modules that import one of Node's load all
 * that this one would only load when asked.
 */
export async function bundleChild({ entry, folder, home }: ChildBundle): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile: join(folder, 'child-main.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    conditions: ['source', 'plain'],
    external: leftInPackages,
    logLevel: 'error',
    plugins: [foundFrom(home), loadedWhenAsked],
  });
}

/** In a bundle `import.meta.url` is the bundle: who looks for an addon or for WebAssembly looks from its own package. */
function foundFrom(home: string): Plugin {
  const places = `
import { createRequire } from 'node:module';
const find = (name, from) => createRequire(from).resolve(name);
export const imaging = find('@tintype/imaging', find('@tintype/picture', ${home}));
export const sharp = find('sharp', imaging);`;
  return {
    name: 'found-from-packages',
    setup(bundle) {
      bundle.onResolve({ filter: /^places-of-packages$/ }, ({ path }) => ({ path, namespace: 'places' }));
      bundle.onLoad({ filter: /.*/, namespace: 'places' }, () => ({ contents: places }));
      for (const [filter, name] of finders) {
        bundle.onLoad({ filter }, async ({ path }) => {
          const code = await readFile(path, 'utf8');
          const contents = code.replaceAll('import.meta.url', 'placeOfPackage');
          const place = `import { ${name} as placeOfPackage } from 'places-of-packages';\n`;
          return { contents: `${place}${contents}`, loader: path.endsWith('.ts') ? 'ts' : 'js' };
        });
      }
    },
  };
}

const loadedWhenAsked: Plugin = {
  name: 'loaded-when-asked',
  setup(bundle) {
    for (const [name, asked] of Object.entries(seldomAsked)) {
      const getters = asked.map((part) => `get ${part}() { return require('node:${name}').${part}; }`);
      bundle.onResolve({ filter: new RegExp(`^(node:)?${name}$`) }, ({ namespace, importer }) =>
        namespace === 'file' && /[\\/](sharp|detect-libc)[\\/]/.test(importer)
          ? { path: name, namespace: 'when-asked' }
          : { external: true },
      );
      bundle.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'when-asked' }, () => ({
        contents: `module.exports = { ${getters.join(', ')} };`,
      }));
    }
  },
};
