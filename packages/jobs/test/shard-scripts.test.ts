/** What a shard's script is made of: the pieces that it uses, and its fixed keys where they are meant. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defineShardScript, type LuaPiece } from '@tintype/redis';
import { type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let on: QueueUnderTest;
beforeAll(async () => {
  on = await startQueueUnderTest();
});
afterAll(() => on.stop());

const piece: LuaPiece = {
  keys: ['completed', 'failed'],
  lua: `
local letters = {completed='c', failed = 'f', other = failed == completed}
local function unused()
  return redis.call('NO-SUCH-COMMAND', completed)
end
local function ofBoth(id)
  if completed == id then return {'completed', "failed", letters.completed, letters.failed, completed, failed} end
  return unused
end`,
};

test('when a fixed key is named like a text, a field or an own one of a table, then only the key is meant', async () => {
  const { completed, failed } = on.shard.keys;
  const run = defineShardScript(on.shard, {
    name: 'tintypeTestWords',
    pieces: [piece, piece],
    keys: [],
    args: ['id'],
    lua: 'return ofBoth(id)',
  });
  expect(await run({}, { id: completed })).toEqual(['completed', 'failed', 'c', 'f', completed, failed]);
});

test('when a script does not name a function of its pieces, then it is left out, whatever is wrong with it', async () => {
  const broken: LuaPiece = { keys: [], lua: 'local function broken()\n  return return\nend' };
  const run = defineShardScript(on.shard, {
    name: 'tintypeTestUnused',
    pieces: [piece, broken],
    keys: [],
    args: [],
    lua: 'return letters.completed',
  });
  expect(await run({}, {})).toBe('c');
});
