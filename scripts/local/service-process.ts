/** One service as a child process: started, waited for, restarted when it dies, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ServiceKind, serviceEnvironment } from './config.ts';
import type { Environment } from './environment.ts';

export type ServiceOptions = {
  name: string;
  service: ServiceKind;
  environment: Environment;
  /** Settings that are not those of the environment. */
  env: Record<string, string>;
  logFolder: string;
  /** Called when the process cannot be started with these settings (exit code 2, or never ready). */
  onStartFailed: (name: string) => void;
};

export type ServiceProcess = {
  name: string;
  /** Resolves when the process has said that it is ready. */
  ready: Promise<void>;
  stop(): Promise<void>;
};

const restartDelayMs = 1000;

/** Its log goes to `<logFolder>/<name>.log`; errors are shown on the terminal too. */
export function startService(options: ServiceOptions): ServiceProcess {
  const log = createWriteStream(join(options.logFolder, `${options.name}.log`), { flags: 'a' });
  const ready = Promise.withResolvers<void>();
  let stopping = false;
  let wasReady = false;
  let child = launch(options, log);

  function watch(): void {
    child.once('message', () => {
      wasReady = true;
      ready.resolve();
    });
    child.once('exit', (code) => {
      if (stopping) return;
      if (!wasReady) return options.onStartFailed(options.name);
      console.error(`${options.name} ended with code ${code ?? 'none'}; starting it again`);
      setTimeout(() => {
        if (stopping) return;
        child = launch(options, log);
        watch();
      }, restartDelayMs);
    });
  }
  watch();
  return {
    name: options.name,
    ready: ready.promise,
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // Windows knows no signals, and would end it at once; that its channel closes it takes for the same word.
      if (process.platform === 'win32') child.disconnect();
      else child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A small young generation: buffers that die young would otherwise pile up outside of the heap. As in the images. */
const nodeFlags = ['--conditions=source', '--disable-warning=ExperimentalWarning', '--max-semi-space-size=8'];
/** What an earlier start made of the sources: Node keeps some 12 MB for each thread that strips types itself. */
const codeCache = fileURLToPath(new URL('../../node_modules/.cache/tintype-code', import.meta.url));

/** Detached: Ctrl-C on the terminal must not reach it before its turn. It ends by itself when we are gone. */
function launch({ service, environment, env, name }: ServiceOptions, log: WriteStream): ChildProcess {
  const entry = fileURLToPath(new URL(`../../services/${service}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, entry], {
    env: { NODE_COMPILE_CACHE: codeCache, ...serviceEnvironment(service, environment, env) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      if (/"level":"(error|fatal)"/.test(line)) console.error(`[${name}] ${line}`);
    });
  }
  return child;
}
