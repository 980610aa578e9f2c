/** Watches how much room there is for more, and who is refused first when it runs short. */
import { type GreedyTenants, type QueueMonitor, watchGreedyTenants } from '@tintype/jobs';
import type { Shard } from '@tintype/redis';
import type { SpaceMonitor } from '@tintype/storage';
import { type Admission, createAdmission, fullnessOf } from './admission.ts';

export type RoomWatch = {
  admission: Admission;
  greedy: GreedyTenants;
  memoryShortage: Admission['memoryShortage'];
};

type RoomSettings = { QUEUE_MAX: number; REDIS_MEMORY_MAX: number; DISK_FREE_MIN: number };
type Watched = { shard: Shard; monitor: QueueMonitor; space: SpaceMonitor };

/** Who keeps most is looked for only while room runs short. */
export function watchRoom(settings: RoomSettings, { shard, monitor, space }: Watched): RoomWatch {
  const { QUEUE_MAX: queueMax, REDIS_MEMORY_MAX: memoryMax, DISK_FREE_MIN: diskFreeMin } = settings;
  const limits = { monitor, space, queueMax, memoryMax, diskFreeMin };
  const fullness = fullnessOf(limits);
  const greedy = watchGreedyTenants(shard, () => Object.values(fullness).some((now) => now() !== 'roomy'));
  const admission = createAdmission({ ...limits, greedy });
  return { admission, greedy, memoryShortage: admission.memoryShortage };
}
