/** When the server is not the primary any more, its connections are left, and the name is looked up again. */
import { createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort, type Relay, someOf, startRelay, startTestRedis } from '@tintype/testkit';
import {
  connectProducer,
  connectWorker,
  createWithDeadline,
  defineScript,
  disconnect,
  openShard,
  openTenantStore,
  type RedisConnection,
  subscribe,
} from '../src/index.ts';

type TestRedis = Awaited<ReturnType<typeof startTestRedis>>;
type Node = { server: TestRedis; redis: RedisConnection; port: number };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const unavailable = expect.objectContaining({ code: 'dependency_unavailable', retryAfterSeconds: 2 });

/** A Redis that its socket and a port lead to, and a connection that stays with it. */
async function startNode(): Promise<Node> {
  const server = await startTestRedis();
  const [port, redis] = [await freePort(), connectWorker(server.url)];
  await redis.config('SET', 'port', port);
  await redis.config('SET', 'repl-diskless-sync-delay', 0);
  return { server, redis, port };
}

let nodes: [Node, Node];
/** A pair whose roles or settings were changed is for one test alone. */
let isPairUsable = false;
let relay: Relay;
const opened: RedisConnection[] = [];
beforeEach(async () => {
  if (!isPairUsable) nodes = await Promise.all([startNode(), startNode()]);
  isPairUsable = true;
  for (const { redis } of nodes) await redis.flushall();
  relay = await startRelay(nodes[0].port);
});
afterEach(async () => {
  for (const redis of opened.splice(0)) await disconnect(redis);
  await relay.stop();
  if (!isPairUsable) await stopNodes();
});
afterAll(async () => {
  if (isPairUsable) await stopNodes();
});

async function stopNodes(): Promise<void> {
  for (const { redis, server } of nodes) {
    await disconnect(redis);
    await server.stop();
  }
}

async function replicate(replica: Node, primary: Node): Promise<void> {
  isPairUsable = false;
  await replica.redis.replicaof('127.0.0.1', primary.port);
  while (!(await replica.redis.info('replication')).includes('master_link_status:up')) await pause(10);
}

/** The first node becomes the replica of the second one; connections to it stay open. */
async function changeRoles([first, second]: [Node, Node]): Promise<void> {
  await replicate(second, first);
  await second.redis.replicaof('NO', 'ONE');
  await replicate(first, second);
}

async function open(connection: RedisConnection): Promise<RedisConnection> {
  opened.push(connection);
  await new Promise((resolve) => connection.once('ready', resolve));
  return connection;
}

test('when the primary has become a replica, then a producer is told that Redis is away, and goes where the name leads', async () => {
  const troubles: string[] = [];
  const redis = await open(connectProducer(relay.url, { onTrouble: ({ message }) => void troubles.push(message) }));
  const withDeadline = createWithDeadline(redis);
  await withDeadline(() => redis.set('key', 'before'));
  await changeRoles(nodes);
  const takenBefore = relay.taken();
  for (let tries = 0; tries < 30; tries++) {
    await expect(withDeadline(() => redis.set('key', 'between'))).rejects.toEqual(unavailable);
    await pause(50);
  }
  expect(relay.taken() - takenBefore).toBeLessThan(12);
  expect(new Set(troubles)).toEqual(new Set([expect.stringContaining('REDIS_URL leads to a replica')]));
  expect(troubles.length).toBeLessThan(12);

  relay.leadTo(nodes[1].port);
  while ((await withDeadline(() => redis.set('key', 'after')).catch(() => null)) === null) await pause(20);
  expect(await nodes[1].redis.get('key')).toBe('after');
});

test('when the primary has become a replica, then a worker’s commands wait until the name leads to the new one', async () => {
  const redis = await open(connectWorker(relay.url));
  await redis.set('key', 'before');
  await changeRoles(nodes);
  await expect(redis.set('key', 'between')).rejects.toThrow('READONLY');
  const late = redis.set('key', 'late');
  await pause(600);
  expect(await nodes[1].redis.get('key')).toBe('before');
  relay.leadTo(nodes[1].port);
  await late;
  expect(await nodes[1].redis.get('key')).toBe('late');
});

test('when the primary has become a replica, then who listens goes along, and is told that it listens anew', async () => {
  const redis = await open(connectWorker(relay.url));
  const heard: string[] = [];
  let listening = 0;
  const subscription = subscribe(
    redis,
    'news',
    (text) => void heard.push(text),
    () => {
      listening += 1;
    },
  );
  while (listening < 1) await pause(5);
  await changeRoles(nodes);
  await nodes[0].redis.replicaof('127.0.0.1', 1); // it hears nothing of the new primary
  relay.leadTo(nodes[1].port);
  await redis.set('key', 'noticed').catch(() => null);
  while (listening < 2) await pause(5);
  await nodes[1].redis.publish('news', 'hello');
  while (heard.length === 0) await pause(5);
  await subscription.close();
});

test('when scripts are known to the old primary alone, then they run on the new one', async () => {
  const shard = openShard(await open(connectWorker(relay.url)));
  shard.redis.defineCommand('tintypeTestPut', { lua: "return redis.call('SET', KEYS[1], ARGV[1])", numberOfKeys: 1 });
  const put = (value: string): Promise<unknown> =>
    Reflect.get(shard.redis, 'tintypeTestPut').call(shard.redis, 'k', value);
  await put('1');
  await put('2');
  await changeRoles(nodes);
  await expect(put('3')).rejects.toThrow('READONLY');
  relay.leadTo(nodes[1].port);
  await put('4');
  await nodes[1].redis.script('FLUSH');
  await put('5');
  expect(await nodes[1].redis.get('k')).toBe('5');
});

test('when the old primary hangs, then the name is looked up again all the same', async () => {
  const redis = await open(connectProducer(relay.url));
  const withDeadline = createWithDeadline(redis);
  await replicate(nodes[1], nodes[0]);
  process.kill(nodes[0].server.pid, 'SIGSTOP');
  try {
    await nodes[1].redis.replicaof('NO', 'ONE');
    relay.leadTo(nodes[1].port);
    while ((await withDeadline(() => redis.set('key', 'after')).catch(() => null)) === null) await pause(20);
    expect(await nodes[1].redis.get('key')).toBe('after');
  } finally {
    process.kill(nodes[0].server.pid, 'SIGCONT');
  }
});

const refusals = [
  'MOVED 1234 127.0.0.1:1',
  'ASK 1234 127.0.0.1:1',
  'CLUSTERDOWN Hash slot not served',
  'MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to no.',
  'LOADING Redis is loading the dataset in memory',
  'NOREPLICAS Not enough good replicas to write.',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'NOPERM this user has no permissions to run this command',
  'NOAUTH Authentication required.',
  'SOMETHING that no version has said so far',
  'ERR something that passes',
  'ERR unknown command, said by a proxy',
  'no upstream host',
];
test.each(someOf(refusals, 5))(
  'when every command is refused with %s, then it is a 503, connections are few, and it ends with the refusals',
  async (error) => {
    const redis = await open(connectProducer(relay.url));
    const withDeadline = createWithDeadline(redis);
    const takenBefore = relay.taken();
    relay.refuseWith(error);
    for (let tries = 0; tries < 20; tries++) {
      await expect(withDeadline(() => redis.set('key', 'value'))).rejects.toEqual(unavailable);
      await pause(50);
    }
    expect(relay.taken() - takenBefore).toBeLessThanOrEqual(3);
    relay.refuseWith(null);
    while ((await withDeadline(() => redis.set('key', 'value')).catch(() => null)) === null) await pause(20);
  },
);

test.each(['ERR wrong number of arguments', 'WRONGTYPE Operation against a key'])(
  'when a command is refused with %s, then that is a defect and no outage',
  async (error) => {
    const redis = await open(connectProducer(relay.url));
    relay.refuseWith(error);
    await expect(createWithDeadline(redis)(() => redis.set('key', 'value'))).rejects.toThrow(error);
  },
);

test.each([
  ["return redis.call('LPUSH', KEYS[1], '1')", 'WRONGTYPE'],
  ["return redis.call('SET', KEYS[1])", 'Wrong number of args'],
  ["error('a defect')", 'a defect'],
  ['return nothing.at.all', 'user_script'],
  ['return (', 'user_script'],
])('when a script of ours is wrong (%s), then that is a defect and no outage', async (lua, words) => {
  const redis = await open(connectProducer(relay.url));
  await redis.set('key', 'text');
  const run = defineScript(redis, { name: `tintypeTestWrong${words}`, keys: ['key'], args: [], lua });
  await expect(createWithDeadline(redis)(() => run({ key: 'key' }, {}))).rejects.toThrow(words);
});

test('when the primary hangs for a while and keeps its name, then its connections stay, and nothing is done twice', async () => {
  const [producer, worker] = [await open(connectProducer(relay.url)), await open(connectWorker(relay.url))];
  const ids = () => Promise.all([producer.client('ID'), worker.client('ID')]);
  const before = await ids();
  process.kill(nodes[0].server.pid, 'SIGSTOP');
  const counted = worker.incr('count');
  await expect(createWithDeadline(producer)(() => producer.incr('other'))).rejects.toEqual(unavailable);
  await pause(3000);
  process.kill(nodes[0].server.pid, 'SIGCONT');
  expect(await counted).toBe(1);
  expect(await ids()).toEqual(before);
  expect(await producer.mget('count', 'other')).toEqual(['1', '1']);
});

test.each([
  ['hangs', ({ server }: Node) => process.kill(server.pid, 'SIGSTOP')],
  ['pauses writes', ({ redis }: Node) => redis.client('PAUSE', 10_000, 'WRITE')],
])(
  'when the primary %s and its name leads to another one, then a worker’s command goes there, once',
  async (_what, silence) => {
    const troubles: string[] = [];
    const redis = await open(connectWorker(relay.url, { onTrouble: ({ message }) => void troubles.push(message) }));
    await replicate(nodes[1], nodes[0]);
    await silence(nodes[0]);
    try {
      await nodes[1].redis.replicaof('NO', 'ONE');
      relay.leadTo(nodes[1].port);
      expect(await redis.incr('count')).toBe(1);
      expect(troubles).toEqual(['Redis says nothing, and REDIS_URL leads to another primary by now']);
    } finally {
      process.kill(nodes[0].server.pid, 'SIGCONT');
    }
  },
);

test('when many shards are opened over one connection, then it has no more listeners', async () => {
  const redis = await open(connectProducer(relay.url));
  openShard(redis);
  const listeners = ['ready', 'end'].map((name) => redis.listenerCount(name));
  for (let count = 0; count < 20; count++) openTenantStore(openShard(redis).redis);
  expect(['ready', 'end'].map((name) => redis.listenerCount(name))).toEqual(listeners);
});

test('when the password is changed, then what is told names the setting and hides what it holds, and it goes on once it is right', async () => {
  isPairUsable = false;
  const [{ redis: admin }] = nodes;
  const troubles: Error[] = [];
  await admin.config('SET', 'requirepass', 'first-secret');
  const url = relay.url.replace('//', '//:first-secret@');
  const redis = await open(connectWorker(url, { onTrouble: (err) => void troubles.push(err) }));
  await admin.config('SET', 'requirepass', 'second-secret');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  while (redis.status === 'ready') await pause(5);
  await expect(redis.set('key', 'value')).rejects.toThrow('WRONGPASS');
  await pause(1000);
  expect(troubles[0]?.message).toBe('Redis refuses the user or the password in REDIS_URL');
  expect(
    troubles.map((err) => JSON.stringify([err.message, err.cause, Object(err.cause).command])).join(),
  ).not.toContain('secret');
  expect(troubles.length).toBeLessThan(12);
  await admin.config('SET', 'requirepass', 'first-secret');
  while ((await redis.set('key', 'value').catch(() => null)) === null) await pause(20);
});

test.each(['SSH-2.0-OpenSSH_9.2\r\nHTTP/1.1 400 Bad Request\r\n\r\n', '+PONG\r\n', ''])(
  'when something else than Redis answers (%j), then Redis is away, that is told, and it is back with the name',
  async (text) => {
    const troubles: string[] = [];
    const sockets = new Set<Socket>();
    const other = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.write(text);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    relay.leadTo(port);
    const redis = connectProducer(relay.url, { onTrouble: ({ message }) => void troubles.push(message) });
    opened.push(redis);
    while (troubles.length === 0) await pause(20);
    expect(troubles[0]).toBe('Redis is away');
    await expect(createWithDeadline(redis)(() => redis.ping())).rejects.toEqual(unavailable);
    relay.leadTo(nodes[0].port);
    while (redis.status !== 'ready') await pause(20);
    for (const socket of sockets) socket.destroy();
    other.close();
  },
);
