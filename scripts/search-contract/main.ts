/** `npm run test:search-contract -- --url http://127.0.0.1:3010`: whether a search service keeps docs/search-contract.md. */
import { parseArgs } from 'node:util';
import { contractChecks } from './checks.ts';
import { openService } from './service.ts';

const usage = 'npm run test:search-contract -- --url http://127.0.0.1:3010 [--token <SEARCH_TOKEN>]';

function readOptions(): { url: string; token: string | undefined } | null {
  try {
    const { values } = parseArgs({ options: { url: { type: 'string' }, token: { type: 'string' } } });
    const { url, token } = values;
    return url !== undefined && URL.canParse(url) ? { url, token } : null;
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    console.error(usage);
    return 2;
  }
  const service = openService(options);
  let failures = 0;
  for (const { name, run } of contractChecks) {
    const failure = await run(service).then(
      () => null,
      (err: unknown) => (err instanceof Error ? err.message : String(err)),
    );
    if (failure !== null) failures += 1;
    console.log(
      failure === null ? `ok      ${name}` : `FAILED  ${name}\n        ${failure.replaceAll('\n', '\n        ')}`,
    );
  }
  console.log(`${contractChecks.length - failures} of ${contractChecks.length} checks passed.`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
