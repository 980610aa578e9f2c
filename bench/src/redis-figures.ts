/** What Redis says of itself: memory and commands, without what our own questions cost. */
import { connectWorker, disconnect, keysOf } from '@tintype/redis';

export type RedisReading = {
  /** Everything that Redis has allocated. */
  usedBytes: number;
  /** Of that: keys and values. */
  datasetBytes: number;
  /** Of that: buffers, clients, the tables of keys and expiries. */
  overheadBytes: number;
  /** Of the keys and values: the stream of job events, which is trimmed to a fixed length. */
  eventsStreamBytes: number;
  /** Commands carried out since the start, those inside scripts included, ours not. */
  commands: number;
  /** The same by command. */
  calls: Record<string, number>;
  /** Microseconds in scripts, all that they do included. */
  scriptUs: number;
};

/** Bytes per finished job, over so many jobs. */
export type RedisGrowth = {
  jobs: number;
  usedBytes: number;
  datasetBytes: number;
  overheadBytes: number;
  eventsStreamBytes: number;
};

export type RedisGauge = {
  read(): Promise<RedisReading>;
  close(): Promise<void>;
};

/** Opens a connection of its own. */
export function openRedisGauge(url: string): RedisGauge {
  const redis = connectWorker(url);
  const eventsKey = keysOf(0).jobEvents;
  let ownCommands = 0;
  return {
    async read() {
      const info = parseInfo(await redis.info('all'));
      const stream = await redis.memory('USAGE', eventsKey, 'SAMPLES', 0);
      const reading = readingOf(info, Number(stream ?? 0), ownCommands);
      ownCommands += 2;
      return reading;
    },
    close: () => disconnect(redis),
  };
}

/** What the jobs between two readings have left behind; the first is one of an empty Redis. */
export function growthPerJob(before: RedisReading, after: RedisReading, jobs: number): RedisGrowth {
  return {
    jobs,
    usedBytes: (after.usedBytes - before.usedBytes) / jobs,
    datasetBytes: (after.datasetBytes - before.datasetBytes) / jobs,
    overheadBytes: (after.overheadBytes - before.overheadBytes) / jobs,
    eventsStreamBytes: after.eventsStreamBytes / jobs,
  };
}

/** `name:value` per line; headings begin with a number sign. */
export function parseInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** How much more there is in `later`, command by command; without those that did not occur. */
export function callsBetween(earlier: RedisReading, later: RedisReading): Record<string, number> {
  const counts = Object.entries(later.calls).map(
    ([name, count]) => [name, count - (earlier.calls[name] ?? 0)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function readingOf(info: Map<string, string>, eventsStreamBytes: number, ownCommands: number): RedisReading {
  const numberAt = (name: string) => Number(info.get(name));
  return {
    usedBytes: numberAt('used_memory'),
    datasetBytes: numberAt('used_memory_dataset'),
    overheadBytes: numberAt('used_memory_overhead'),
    eventsStreamBytes,
    commands: numberAt('total_commands_processed') - ownCommands,
    calls: callsOf(info),
    scriptUs: scriptUsOf(info),
  };
}

const commandPrefix = 'cmdstat_';
/** Every operation of the service is one of these. */
const scriptNames = ['eval', 'evalsha', 'eval_ro', 'evalsha_ro'];
const ownCommandNames = ['info', 'memory|usage'];

function callsOf(info: Map<string, string>): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const [key, value] of info) {
    const name = key.slice(commandPrefix.length);
    if (!key.startsWith(commandPrefix) || ownCommandNames.includes(name)) continue;
    calls[name] = Number(/^calls=(\d+)/.exec(value)?.[1] ?? 0);
  }
  return calls;
}

/** Microseconds that Redis has spent in scripts. */
export function scriptUsOf(info: Map<string, string>): number {
  const times = scriptNames.map((name) => /\busec=(\d+)/.exec(info.get(`${commandPrefix}${name}`) ?? '')?.[1] ?? 0);
  return times.reduce((sum: number, us) => sum + Number(us), 0);
}
