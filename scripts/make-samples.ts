/** Draws the pictures that the API serves under /samples/. Run it again only to change them. */
import { writeFile } from 'node:fs/promises';
import { flatPng, photograph, transparentPng } from '@tintype/testkit';

const folder = new URL('../services/api/samples/', import.meta.url);
await writeFile(new URL('photo.jpg', folder), await photograph(1600, 1067, 1, 82));
await writeFile(new URL('teal.png', folder), await flatPng('#008080'));
await writeFile(new URL('transparent.png', folder), await transparentPng());
