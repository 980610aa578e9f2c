/** Versions of what is made: results of another version are not the same. */
import { extractionVersion } from '@tintype/colour';
import { renderVersion } from './steps/render.ts';

export const pictureVersions = { render: renderVersion, colours: extractionVersion };
