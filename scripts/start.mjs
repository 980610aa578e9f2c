// `npm start`: installs what is needed, then runs everything on this machine. Plain JavaScript for Node.js >= 18.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installOnce } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
await installOnce();

const isWindows = process.platform === 'win32';
// Not the one of .bin: on Windows that is a script, which cannot be started without a shell.
const node = fileURLToPath(new URL(`../node_modules/node/bin/node${isWindows ? '.exe' : ''}`, import.meta.url));
if (!existsSync(node)) throw new Error('Node.js 24 was not installed into node_modules');
const child = spawn(node, ['--conditions=source', '--disable-warning=ExperimentalWarning', 'scripts/local/main.ts'], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// The child decides in which order things stop; we only pass the word on and wait. Windows knows no signals: a process
// that is sent one ends at once, so there the word is that the channel closes.
const passOn = (signal) => (isWindows ? child.connected && child.disconnect() : child.kill(signal));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => passOn(signal));
child.once('close', (code) => process.exit(code ?? 1));
