/**
 * A process: the origin of all pictures of the suites, under `/<suite>/<serial>/<side>`. Arguments: how many different
 * pictures a suite has at most, then the names of the suites.
 */
import { servePictures } from './picture-server.ts';
import { createPainter, type Picture } from './pictures.ts';
import { isSuiteName, suites } from './suites.ts';

async function drawSuites(atMost: number, names: string[]): Promise<Map<string, Picture[]>> {
  const paint = createPainter();
  const drawn = new Map<string, Picture[]>();
  for (const name of names.filter(isSuiteName)) {
    drawn.set(name, await Promise.all(suites[name].pictures(atMost).map(paint)));
  }
  return drawn;
}

const [atMost, ...names] = process.argv.slice(2);
servePictures(await drawSuites(Number(atMost), names));
