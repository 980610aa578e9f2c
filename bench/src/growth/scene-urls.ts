/** Starts the origin of scenes and hands out URLs, each a new one. */
import { forkModule } from '../forked.ts';
import { OriginReady } from '../picture-urls.ts';
import { type Scene, sceneName } from './scenes.ts';

export type SceneUrls = {
  /** `127.0.0.1:port`. */
  host: string;
  bytes(scene: Scene): number;
  /** URLs whose bytes nobody has seen. */
  take(scene: Scene, count: number): string[];
  stop(): Promise<void>;
};

/** Resolves when all scenes are drawn and served. */
export async function startSceneUrls(scenes: readonly Scene[]): Promise<SceneUrls> {
  const origin = forkModule('./growth/scene-origin.ts', scenes.map(sceneName));
  const { port, meanBytes } = await origin.ask(OriginReady);
  const host = `127.0.0.1:${port}`;
  let serial = 0;
  return {
    host,
    bytes: (scene) => meanBytes[sceneName(scene)] ?? Number.NaN,
    take: (scene, count) => Array.from({ length: count }, () => `http://${host}/${sceneName(scene)}/${serial++}/any`),
    stop: origin.stop,
  };
}
