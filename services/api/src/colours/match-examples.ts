/** Matches as they were answered: examples of the OpenAPI document. */
import type { MatchAnswer } from '@tintype/contracts';
import { exampleId } from '../thumbnails/thumbnail-examples.ts';

const teal = { hex: '#008080', rgb: [0, 128, 128], oklch: [0.5431, 0.0927, 194.77], name: 'teal' };
const matches = [
  { name: 'teal', hex: '#008080', distance: 0, within_tolerance: true },
  { name: 'darkcyan', hex: '#008b8b', distance: 4.0281, within_tolerance: true },
];
const measured = { metric: 'ciede2000', tolerance: 10, palette_name: 'css3' } as const;

/** By the names under which the document has them. */
export function matchExamples(publicUrl: string) {
  const ofPicture: MatchAnswer = {
    colour: teal,
    matches,
    ...measured,
    url: `${publicUrl}/samples/teal.png`,
    of: 'dominant',
    background: { ...teal, confidence: 1 },
    palette: [{ ...teal, share: 1 }],
    cache: 'miss',
    job: `${publicUrl}/v1/thumbnails/${exampleId}`,
  };
  return {
    match: { summary: 'Of a picture', value: ofPicture },
    match_list: {
      summary: 'Of two colours',
      value: {
        data: [
          { colour: teal, matches },
          { colour: null, matches: [] },
        ],
        ...measured,
      },
    },
  };
}
