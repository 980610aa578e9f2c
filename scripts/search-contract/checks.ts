/** What a search service must do to be asked by the API: each check is told of a service, and throws where it fails. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  FeedbackKept,
  FoundCompletions,
  FoundItems,
  ItemAnswer,
  newThumbnailId,
  searchPaths,
} from '@tintype/contracts';
import { adding, madeOf, type SearchService } from './service.ts';

export type ContractCheck = { name: string; run(service: SearchService): Promise<void> };

const { items, search, feedback } = searchPaths;
/** Whose items a check makes: nobody else's, and not those of the run before. */
const newTenant = () => `contract-${newThumbnailId()}`;

const itemChecks: ContractCheck[] = [
  {
    name: 'an item is pending when it is added, and is found once its picture is made',
    async run(service) {
      const tenant = newTenant();
      const command = adding(tenant, { name: 'cat.jpg', caption: 'A cat in a park', tags: ['animal'] });
      const { item } = await service.post(ItemAnswer, items, command);
      deepEqual([item.id, item.status, item.name, item.made], [command.id, 'pending', 'cat.jpg', null]);
      await service.finds(tenant, { query: 'cat' }, []);
      const end = { do: 'end', tenant, id: item.id, made: madeOf(), problem: null };
      const ended = await service.post(ItemAnswer, items, end);
      deepEqual([ended.item.status, ended.item.made], ['ready', madeOf()]);
      ok(ended.item.revision > item.revision, 'the revision grows with each change');
      for (const query of ['cat', 'animal']) await service.finds(tenant, { query }, ['cat.jpg']);
    },
  },
  {
    name: 'the same item added again changes nothing; another one of its name is 409, unless it is another tenant’s',
    async run(service) {
      const tenant = newTenant();
      const command = adding(tenant, { name: 'a.jpg' });
      const first = await service.post(ItemAnswer, items, command);
      deepEqual(await service.post(ItemAnswer, items, command), first);
      const other = { ...command, id: newThumbnailId() };
      await service.refuse(items, other, 409, 'conflict');
      await service.post(ItemAnswer, items, { ...other, tenant: newTenant() });
    },
  },
  {
    name: 'changed words are found, the old ones are not, and a revision that has passed is 412',
    async run(service) {
      const tenant = newTenant();
      const { id, revision } = await service.addReady(tenant, { name: 'a.jpg', caption: 'A red lighthouse' });
      const change = { do: 'change', tenant, id, caption: 'A green meadow' };
      await service.refuse(items, { ...change, revision: revision + 1 }, 412, 'precondition_failed');
      const { item } = await service.post(ItemAnswer, items, { ...change, revision });
      deepEqual([item.name, item.caption], ['a.jpg', 'A green meadow']);
      await service.finds(tenant, { query: 'meadow' }, ['a.jpg']);
      await service.finds(tenant, { query: 'lighthouse' }, []);
    },
  },
  {
    name: 'an item whose job failed is not found; what was made once stays when its job fails after all',
    async run(service) {
      const tenant = newTenant();
      const { id } = (await service.post(ItemAnswer, items, adding(tenant, { name: 'a.jpg', caption: 'harbour' })))
        .item;
      const failed = { do: 'end', tenant, id, made: null, problem: '{"code":"corrupt_image"}' };
      const { item } = await service.post(ItemAnswer, items, failed);
      deepEqual([item.status, item.problem], ['failed', failed.problem]);
      await service.finds(tenant, { query: 'harbour' }, []);
      await service.post(ItemAnswer, items, { ...failed, made: madeOf(), problem: null });
      equal((await service.post(ItemAnswer, items, failed)).item.status, 'ready');
      await service.finds(tenant, { query: 'harbour' }, ['a.jpg']);
    },
  },
  {
    name: 'a removed item is gone, its name is free, and what is not there is 404',
    async run(service) {
      const tenant = newTenant();
      const { id } = await service.addReady(tenant, { name: 'a.jpg', caption: 'A bridge' });
      const remove = { do: 'remove', tenant, id };
      await service.post(ItemAnswer, items, remove);
      await service.finds(tenant, { query: 'bridge' }, []);
      await service.refuse(items, remove, 404, 'not_found');
      await service.refuse(items, { ...remove, do: 'change', caption: 'x' }, 404, 'not_found');
      await service.refuse(items, { ...remove, do: 'end', made: madeOf(), problem: null }, 404, 'not_found');
      await service.post(ItemAnswer, items, adding(tenant, { name: 'a.jpg' }));
    },
  },
  {
    name: 'items are listed the newest first, in pages, by name, and by id for whoever names no tenant',
    async run(service) {
      const tenant = newTenant();
      const added: string[] = [];
      for (const name of ['a', 'b', 'c']) {
        added.push((await service.post(ItemAnswer, items, adding(tenant, { name }))).item.id);
      }
      const [oldest = '', ...newer] = added.sort();
      const newest = newer.at(-1) ?? '';
      const idsOf = async (query: Record<string, string>) => (await service.items(query)).map(({ id }) => id);
      deepEqual(await idsOf({ tenant, limit: '2' }), newer.toReversed());
      deepEqual(await idsOf({ tenant, limit: '2', before: newer[0] ?? '' }), [oldest]);
      deepEqual(
        (await service.items({ tenant, name: 'b' })).map(({ name }) => name),
        ['b'],
      );
      deepEqual(await idsOf({ id: newest }), [newest]);
    },
  },
  {
    name: 'a tenant reads, changes and finds nothing of another one’s',
    async run(service) {
      const [mine, yours] = [newTenant(), newTenant()];
      const { id } = await service.addReady(mine, { name: 'secret.jpg', caption: 'A secret garden' });
      deepEqual(await service.items({ tenant: yours, id }), []);
      await service.finds(yours, { query: 'garden' }, []);
      await service.refuse(items, { do: 'remove', tenant: yours, id }, 404, 'not_found');
      await service.finds(mine, { query: 'garden' }, ['secret.jpg']);
    },
  },
  {
    name: 'words are kept as they are, in any script, with quotes and signs of SQL',
    async run(service) {
      const words = { name: "x'; --", caption: '猫が公園のベンチに座る 🐈 \\ % _', tags: ['"', '{a,b}', "'"] };
      const { item } = await service.post(ItemAnswer, items, adding(newTenant(), words));
      deepEqual([item.name, item.caption, item.tags], [words.name, words.caption, words.tags]);
    },
  },
];

const searchChecks: ContractCheck[] = [
  {
    name: 'a colour finds the pictures that have it; likeness and completions are answered',
    async run(service) {
      const tenant = newTenant();
      const palette = (hex: string, name: string) => [{ hex, share: 0.7, name }];
      const teal = await service.addReady(tenant, { name: 'teal.jpg', palette: palette('#008080', 'teal') });
      await service.addReady(tenant, { name: 'red.jpg', palette: palette('#ff0000', 'red') });
      await service.finds(tenant, { colour: '#008080' }, ['teal.jpg']);
      const like = { find: 'similar', tenant, id: teal.id, by: 'colour', limit: 5 };
      const { hits } = await service.post(FoundItems, search, like);
      ok(!hits.some(({ item }) => item.id === teal.id), 'an item is not like itself');
      await service.refuse(search, { ...like, id: newThumbnailId() }, 404, 'not_found');
      await service.post(FoundCompletions, search, { find: 'completions', tenant, prefix: 'te', limit: 5 });
    },
  },
  {
    name: 'pages of a search follow each other, and every page has the whole number',
    async run(service) {
      const tenant = newTenant();
      for (const name of ['a', 'b', 'c']) await service.addReady(tenant, { name, caption: 'a boat' });
      await service.finds(tenant, { query: 'boat' }, ['a', 'b', 'c']);
      const order = { find: 'items', tenant, query: 'boat', colour: null, tolerance: 0.1, limit: 2 };
      const first = await service.post(FoundItems, search, { ...order, offset: 0 });
      const second = await service.post(FoundItems, search, { ...order, offset: 2 });
      deepEqual([first.total, second.total], [3, 3]);
      const names = [...first.hits, ...second.hits].map(({ item }) => item.name);
      deepEqual(names.sort(), ['a', 'b', 'c']);
    },
  },
  {
    name: 'an order that is none is refused with 400',
    async run(service) {
      await service.refuse(items, { do: 'drop', tenant: newTenant(), id: newThumbnailId() }, 400, 'invalid_request');
      await service.refuse(search, { find: 'everything', tenant: newTenant() }, 400, 'invalid_request');
    },
  },
];

const feedbackChecks: ContractCheck[] = [
  {
    name: 'feedback is kept once, names that no item has are told, and a batch is undone',
    async run(service) {
      const tenant = newTenant();
      await service.addReady(tenant, { name: 'a.jpg', caption: 'a cat' });
      const entries = [{ query: 'cat', positive: ['a.jpg', 'gone.jpg'] }];
      const batch = newThumbnailId();
      const keep = { do: 'keep', batch, tenant, voter: 'somebody', at: new Date().toISOString(), entries };
      const kept = await service.post(FeedbackKept, feedback, keep);
      deepEqual(kept, { accepted: 2, unknown: ['gone.jpg'] });
      deepEqual(await service.post(FeedbackKept, feedback, keep), kept);
      await service.post(FeedbackKept, feedback, { do: 'undo', batch });
      await service.refuse(feedback, { do: 'undo', batch: newThumbnailId() }, 404, 'not_found');
      await service.finds(tenant, { query: 'cat' }, ['a.jpg']);
    },
  },
];

export const contractChecks: readonly ContractCheck[] = [...itemChecks, ...searchChecks, ...feedbackChecks];
