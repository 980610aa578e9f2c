/** `npm run test:docs`: pastes README.md and docs/*.md from top to bottom into fresh clones, and says what did not hold. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@tintype/testkit';
import { type Block, commandOf, complaintAbout, readBlocks } from './blocks.ts';
import { type Clone, makeClone } from './clone.ts';
import { isThere, proxies, tryProxy } from './proxies.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const photo = 'services/api/samples/photo.jpg';
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
].map((path) => ({ path, blocks: readBlocks(readFileSync(join(root, path), 'utf8')) }));

const needsDocker = ({ code, passedOver }: Block) =>
  passedOver === null && /\bdocker |npm run images(?!.*--dry-run)/.test(code);
const underNpmStart = documents.filter(({ blocks }) => !blocks.some(needsDocker));
const underDocker = documents.filter(({ blocks }) => blocks.some(needsDocker));

const counts = { pasted: 0, 'passed over': 0, failed: 0 };

function tell(what: keyof typeof counts, place: string, text: string): void {
  counts[what] += 1;
  const [line = '', ...more] = text.split('\n');
  const isWhole = what === 'failed' || more.length === 0;
  console.log(`${what.padEnd(11)}  ${place.padEnd(23)}  ${isWhole ? text : `${line} …`}`);
}

async function paste(clone: Clone, place: string, block: Block): Promise<void> {
  const command = commandOf(block);
  if (block.passedOver !== null) return tell('passed over', place, `${block.code.split('\n')[0]}: ${block.passedOver}`);
  if (command === null) return;
  if (block.language === 'python' && spawnSync('python3', ['--version']).status !== 0) {
    return tell('passed over', place, 'there is no python3 here');
  }
  const outcome = await clone.paste(command);
  const complaint = outcome.code === 0 ? complaintAbout(block, outcome) : `It ended with ${outcome.code}.`;
  if (complaint === null) return tell('pasted', place, block.code);
  tell('failed', place, `${block.code}\n${complaint}\n${outcome.stdout}\n${outcome.stderr}`);
}

/** The configurations of proxies, where their programs are. */
async function pasteProxies(servicePort: number): Promise<void> {
  for (const { path, blocks } of documents) {
    for (const { language, code, line } of blocks) {
      const proxy = proxies[language];
      if (proxy === undefined) continue;
      const place = `${path}:${line}`;
      if (!isThere(proxy)) {
        tell('passed over', place, `there is no ${proxy.program} here`);
        continue;
      }
      const complaint = await tryProxy(proxy, code, servicePort, join(root, photo));
      if (complaint === null) tell('pasted', place, `${proxy.program}: ${code}`);
      else tell('failed', place, `${proxy.program}: ${complaint}`);
    }
  }
}

async function pasteUnderNpmStart(): Promise<void> {
  const port = await freePort();
  const clone = await makeClone(root, port);
  let stop: (() => Promise<void>) | null = null;
  try {
    for (const { path, blocks } of underNpmStart) {
      for (const block of blocks) {
        const place = `${path}:${block.line}`;
        if (!block.code.startsWith('npm start')) await paste(clone, place, block);
        else {
          stop = await clone.pasteAndLeave(block.code, 'Tintype is ready');
          tell('pasted', place, block.code);
        }
      }
    }
    await pasteProxies(port);
  } finally {
    await stop?.();
    await clone.remove();
  }
}

/** Each document in a clone of its own, and the README's calls once more. */
async function pasteUnderDocker(): Promise<void> {
  for (const { path, blocks } of underDocker) {
    await inContainers(async (clone) => {
      for (const block of blocks) await paste(clone, `${path}:${block.line}`, block);
    });
  }
  await inContainers(async (clone) => {
    const [{ blocks } = { blocks: [] }] = documents;
    const commands = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/`(docker compose up[^`]*)`/g)];
    for (const [, code = ''] of commands) {
      const up = { language: 'sh', code: `${code} --detach --wait`, line: 0, answer: null, passedOver: null };
      await paste(clone, 'README.md in containers', up);
      for (const block of blocks.filter((one) => one.passedOver === null && !one.code.startsWith('npm start')))
        await paste(clone, `README.md:${block.line} in containers`, block);
    }
  });
}

async function inContainers(work: (clone: Clone) => Promise<void>): Promise<void> {
  const clone = await makeClone(root, await freePort());
  try {
    await work(clone);
  } finally {
    await clone.paste('API_KEYS=none docker compose down --volumes --remove-orphans');
    await clone.remove();
  }
}

console.log('The last commit is pasted: what is not committed is in no clone.');
await pasteUnderNpmStart();
const engine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
if (engine.status === 0) await pasteUnderDocker();
else {
  for (const { path, blocks } of underDocker) {
    const commands = blocks.filter((block) => commandOf(block) !== null);
    tell('passed over', path, `all ${commands.length} blocks: no Docker engine answers here`);
  }
}
console.log(`${counts.pasted} pasted, ${counts['passed over']} passed over, ${counts.failed} failed`);
if (counts.failed > 0) process.exitCode = 1;
