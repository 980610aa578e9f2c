/** Every route that the API has, read from its router: what the document hides is there too. */
import type { ApiUnderTest } from './api-under-test.ts';

/** Paths with a method, parameters as `:name`. */
export function routesOf({ app }: ApiUnderTest, method: string): string[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^(.*[├└]── )(\S+) \(([^)]*)\)/.exec(line) ?? [];
      if (part === '') return [];
      const depth = indent.length / 4;
      parents.splice(depth - 1);
      parents.push(part);
      return methods.split(', ').includes(method) ? [parents.join('')] : [];
    });
}
