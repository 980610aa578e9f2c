/** A process: the origin of scenes, under `/<name>/<serial>/<side>`. Arguments: their names. */
import { servePictures } from '../picture-server.ts';
import type { Picture } from '../pictures.ts';
import { createScenePainter, parseSceneName } from './scenes.ts';

const paint = createScenePainter();
const drawn = new Map<string, Picture[]>();
for (const name of process.argv.slice(2)) drawn.set(name, [await paint(parseSceneName(name))]);
servePictures(drawn);
