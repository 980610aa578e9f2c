// `npm start`: installs what is needed, then runs everything on this machine. Plain JavaScript for Node.js >= 18.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installOnce } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
await installOnce();

const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
if (!existsSync(node)) throw new Error('Node.js 24 was not installed into node_modules');
const child = spawn(node, ['--conditions=source', '--disable-warning=ExperimentalWarning', 'scripts/local/main.ts'], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// The child decides in which order things stop; we only pass the word on and wait.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (code) => process.exit(code ?? 1));
