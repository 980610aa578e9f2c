/** Long work in slices: who else gets a turn of the loop, and when. */
import { expect, test } from '@jest/globals';
import { type Client, ClientGone, createTurns } from '@tintype/runtime';
import { inPieces, inSlices } from '../src/http/turns.ts';

const clientOf = (tenant: string): Client => ({ tenant, hasGone: () => false });

function busyFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

/** Counts the turns of the loop until it is stopped. */
function countTurns() {
  let turns = 0;
  let isOver = false;
  const onTurn = () => {
    turns += 1;
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  return () => {
    isOver = true;
    return turns;
  };
}

test('when work takes long, then the loop turns in between, and everything is done in order', async () => {
  const count = countTurns();
  const done = await inSlices([1, 2, 3, 4, 5, 6], createTurns().begin(clientOf('one')), (item, index) => {
    busyFor(6);
    return `${index}:${item}`;
  });
  expect(done).toEqual(['0:1', '1:2', '2:3', '3:4', '4:5', '5:6']);
  expect(count()).toBeGreaterThanOrEqual(5);
});

test('when work is short, then it ends in the same turn', async () => {
  const count = countTurns();
  await inSlices([1, 2, 3], createTurns().begin(clientOf('one')), () => undefined);
  expect(count()).toBe(0);
});

/** The turn in which each of the works, all resting at first, was woken; each does so much then. */
function wokenIn(clients: readonly Client[], busyMs: number): Promise<number[]> {
  const turns = createTurns();
  const works = clients.map((client) => turns.begin(client));
  let turn = 0;
  let isOver = false;
  const onTurn = () => {
    turn += 1;
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  const woken = works.map(async (work) => {
    await work.rest();
    busyFor(busyMs);
    return turn;
  });
  return Promise.all(woken).finally(() => (isOver = true));
}

const tenOf = (tenant: string) => Array.from({ length: 10 }, () => clientOf(tenant));

test('when much work rests at the same time, then one goes on in each turn', async () => {
  expect(new Set(await wokenIn(tenOf('one'), 6)).size).toBe(10);
});

test('when what rests is short, then all of it goes on in the same turn', async () => {
  expect(new Set(await wokenIn(tenOf('one'), 0)).size).toBe(1);
});

test('when many works begin in one turn, then they share its slice', async () => {
  const turns = createTurns();
  const count = countTurns();
  await Promise.all(tenOf('one').map((client) => inSlices([1, 2, 3, 4], turns.begin(client), () => busyFor(1))));
  expect(count()).toBeGreaterThanOrEqual(5);
});

test('when one tenant has more work than another, then the other waits for one turn of it at most', async () => {
  const woken = await wokenIn([...tenOf('many'), clientOf('few')], 6);
  expect(woken.at(-1)).toBeLessThanOrEqual((woken[0] ?? 0) + 1);
});

test('when work that is nearly done comes behind much other work, then it has every second turn', async () => {
  const turns = createTurns();
  const order: string[] = [];
  const rested = async (name: string, isNearlyDone: boolean) => {
    await turns.begin(clientOf(name)).rest({ isNearlyDone });
    busyFor(6);
    order.push(name);
  };
  const many = Array.from({ length: 6 }, (_, at) => rested(`long ${at}`, false));
  await Promise.all([...many, rested('short 0', true), rested('short 1', true), rested('short 2', true)]);
  expect(order.slice(0, 6).filter((name) => name.startsWith('short'))).toHaveLength(3);
  expect(order.slice(0, 6).filter((name) => name.startsWith('long'))).toHaveLength(3);
});

test('when somebody comes in each turn, then work waits for some turns, and goes on all the same', async () => {
  const turns = createTurns();
  const count = countTurns();
  let isOver = false;
  const onTurn = () => {
    turns.giveWay();
    if (!isOver) setImmediate(onTurn);
  };
  onTurn();
  await turns.begin(clientOf('one')).rest();
  isOver = true;
  const waited = count();
  expect(waited).toBeGreaterThan(5);
  expect(waited).toBeLessThan(100);
});

test('when the client has gone, then its work ends at the next rest', async () => {
  let hasGone = false;
  const done: number[] = [];
  const work = createTurns().begin({ tenant: 'one', hasGone: () => hasGone });
  const step = (item: number) => {
    busyFor(6);
    hasGone = item === 2;
    done.push(item);
  };
  await expect(inSlices([1, 2, 3, 4], work, step)).rejects.toThrow(ClientGone);
  expect(done).toEqual([1, 2]);
});

test('when many texts begin in the same turn, then their first parts are made in several', async () => {
  const turns = createTurns();
  const count = countTurns();
  const first = async () => {
    const parts = (function* () {
      busyFor(3);
      yield 'a part';
    })();
    return inPieces(parts, turns.begin(clientOf('one'))).next();
  };
  await Promise.all(Array.from({ length: 20 }, first));
  expect(count()).toBeGreaterThanOrEqual(8);
});
