/** What every back end must do: called by the test file of each. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { BlobMissing, type BlobStore } from '../src/index.ts';

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function* chunksOf(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** `names` lists everything the store keeps, leftovers included. */
export function blobStoreConformance(open: () => Promise<{ store: BlobStore; names: () => Promise<string[]> }>): void {
  test('when bytes are put, then they can be read, and twice is the same as once', async () => {
    const { store, names } = await open();
    const bytes = Buffer.from('picture');
    const sha256 = sha256Of(bytes);
    await store.put(sha256, bytes);
    await store.put(sha256, bytes);
    expect(await store.read(sha256)).toEqual(bytes);
    expect(await store.size(sha256)).toBe(7);
    expect(await names()).toEqual([sha256]);
  });

  test('when its room is asked for, then it is that of a real disk, or it has no end', async () => {
    const { store } = await open();
    const space = await store.freeSpace();
    if (space === null) return;
    expect(space.freeBytes).toBeGreaterThan(0);
    expect(space.freeBytes).toBeLessThanOrEqual(space.totalBytes);
  });

  test('when a stream is received, then it has its name only after commit', async () => {
    const { store } = await open();
    const incoming = await store.receive(chunksOf('pic', 'ture'), { maxBytes: 100 });
    expect([incoming.sha256, incoming.bytes]).toEqual([sha256Of(Buffer.from('picture')), 7]);
    expect(await store.size(incoming.sha256)).toBeNull();
    await incoming.commit();
    expect(await store.read(incoming.sha256)).toEqual(Buffer.from('picture'));
  });

  test('when a reception is discarded, then nothing stays', async () => {
    const { store, names } = await open();
    await (await store.receive(chunksOf('picture'), { maxBytes: 100 })).discard();
    expect(await names()).toEqual([]);
  });

  test('when a stream is too long, then it ends as a problem and nothing stays', async () => {
    const { store, names } = await open();
    const received = store.receive(chunksOf('12345', '67890', '1'), { maxBytes: 10 });
    await expect(received).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await names()).toEqual([]);
  });

  test('when the stream breaks, then its error is passed on and nothing stays', async () => {
    const { store, names } = await open();
    const broken = (async function* () {
      yield Buffer.from('12345');
      throw new Error('broke off');
    })();
    await expect(store.receive(broken, { maxBytes: 10 })).rejects.toThrow('broke off');
    expect(await names()).toEqual([]);
  });

  test('when the head is inspected, then it is shown once, however the stream is cut', async () => {
    const { store } = await open();
    for (const [chunks, expected] of [
      [['a', 'b', 'c'], 'abc'],
      [[], ''],
      [['x'.repeat(400), 'y'.repeat(400), 'z'], 'x'.repeat(400) + 'y'.repeat(112)],
    ] as const) {
      const heads: string[] = [];
      const inspectHead = (head: Buffer) => heads.push(head.toString());
      await (await store.receive(chunksOf(...chunks), { maxBytes: 1000, inspectHead })).discard();
      expect(heads).toEqual([expected]);
    }
  });

  test('when a blob is opened, then parts of it can be read, and none behind its end', async () => {
    const { store } = await open();
    const sha256 = sha256Of(Buffer.from('picture'));
    await store.put(sha256, Buffer.from('picture'));
    const blob = await store.open(sha256);
    const into = Buffer.alloc(5, '-');
    expect([await blob.readInto(into.subarray(1, 4), 0), String(into)]).toEqual([3, '-pic-']);
    expect([await blob.readInto(into, 3), String(into)]).toEqual([4, 'ture-']);
    await expect(blob.readInto(into, 7)).rejects.toThrow('ends before byte 7');
    await blob.close();
    await expect(blob.readInto(into, 0)).rejects.toThrow();
  });

  test('when an open blob is erased, then it can be read all the same', async () => {
    const { store, names } = await open();
    const sha256 = sha256Of(Buffer.from('picture'));
    await store.put(sha256, Buffer.from('picture'));
    const blob = await store.open(sha256);
    await store.erase(sha256);
    const into = Buffer.alloc(7);
    expect([await blob.readInto(into, 0), String(into), await names()]).toEqual([7, 'picture', []]);
    await blob.close();
  });

  test('when a blob is not there, then reading says so, its size is null, erasing does nothing', async () => {
    const { store } = await open();
    const sha256 = sha256Of(Buffer.from('nowhere'));
    await expect(store.read(sha256)).rejects.toThrow(BlobMissing);
    await expect(store.open(sha256)).rejects.toThrow(BlobMissing);
    expect(await store.size(sha256)).toBeNull();
    await store.erase(sha256);
  });

  test('when a blob is erased, then it is gone', async () => {
    const { store, names } = await open();
    const sha256 = sha256Of(Buffer.from('picture'));
    await store.put(sha256, Buffer.from('picture'));
    await store.erase(sha256);
    expect(await names()).toEqual([]);
  });

  test('when a blob is to be erased that turns out to be needed, then it is back', async () => {
    const { store, names } = await open();
    const bytes = Buffer.from('picture');
    const sha256 = sha256Of(bytes);
    await store.put(sha256, bytes);
    const sizes: (number | null)[] = [];
    await store.erase(sha256, async () => {
      sizes.push(await store.size(sha256));
      await store.tidy(60_000);
      return false;
    });
    const away = store.erase(sha256, async () => {
      throw new Error('who knows');
    });
    await expect(away).rejects.toThrow('who knows');
    expect([sizes, await names()]).toEqual([[null], [sha256]]);
    expect(await store.read(sha256)).toEqual(bytes);
  });

  test('when blobs are listed, then those with a name are there, and the time of their last change', async () => {
    const { store } = await open();
    const blobs = ['one', 'two', 'three'].map((text) => Buffer.from(text));
    for (const bytes of blobs) await store.put(sha256Of(bytes), bytes);
    await store.receive(chunksOf('on its way'), { maxBytes: 100 });
    const listed: string[] = [];
    for await (const { sha256, changedAtMs } of store.list()) {
      listed.push(sha256);
      expect(Math.abs(Date.now() - changedAtMs)).toBeLessThan(60_000);
    }
    expect(listed.sort()).toEqual(blobs.map(sha256Of).sort());
  });

  test('when a reception was left behind, then tidying removes it once it is old enough', async () => {
    const { store, names } = await open();
    await store.receive(chunksOf('left behind'), { maxBytes: 100 });
    await store.tidy(60_000);
    expect(await names()).toHaveLength(1);
    await store.tidy(-1);
    expect(await names()).toEqual([]);
  });

  test('when many write the same blob at once, then it is whole', async () => {
    const { store, names } = await open();
    const bytes = Buffer.alloc(200_000, 'tintype');
    const sha256 = sha256Of(bytes);
    await Promise.all(Array.from({ length: 20 }, () => store.put(sha256, bytes)));
    expect(await store.read(sha256)).toEqual(bytes);
    expect(await names()).toEqual([sha256]);
  });
}
