/** Answers about the sample photograph, as they were given: examples of the OpenAPI document. */
import { type Colours, Problem, type Thumbnail, type Timeline } from '@tintype/contracts';
import { typeBaseOf } from '../http/problem-answers.ts';

export const exampleId = '01a22189-1368-7000-a173-b0c63e5f8cdd';
export const exampleThumbnail = { id: exampleId, collection: '/v1/thumbnails' };

const colours = {
  dominant: { hex: '#617390', rgb: [97, 115, 144], oklch: [0.552, 0.0503, 259.85], name: 'slategray', share: 0.3368 },
  background: {
    hex: '#2f5998',
    rgb: [47, 89, 152],
    oklch: [0.4664, 0.113, 258.37],
    name: 'royalblue',
    confidence: 0.4905,
  },
  average: { hex: '#7f848c', rgb: [127, 132, 140], oklch: [0.6118, 0.0134, 259.82], name: 'gray' },
  accent: { hex: '#325b97', rgb: [50, 91, 151], oklch: [0.4718, 0.1081, 257.92], name: 'royalblue' },
  palette: [
    { hex: '#5c6e8d', rgb: [92, 110, 141], oklch: [0.5357, 0.0535, 261.16], name: 'slategray', share: 0.2747 },
    { hex: '#b3b0af', rgb: [179, 176, 175], oklch: [0.7594, 0.0037, 39.48], name: 'darkgray', share: 0.2119 },
    { hex: '#4b5a27', rgb: [75, 90, 39], oklch: [0.4422, 0.0768, 123.14], name: 'darkolivegreen', share: 0.201 },
    { hex: '#848da5', rgb: [132, 141, 165], oklch: [0.6444, 0.0374, 269.09], name: 'lightslategray', share: 0.1922 },
    { hex: '#394a54', rgb: [57, 74, 84], oklch: [0.3986, 0.0274, 234.18], name: 'darkslategray', share: 0.1202 },
  ],
  swatches: {
    vibrant: { hex: '#295696', rgb: [41, 86, 150], oklch: [0.4555, 0.1159, 257.59], name: 'royalblue' },
    light_vibrant: { hex: '#f9e6bb', rgb: [249, 230, 187], oklch: [0.9296, 0.0596, 86.98], name: 'wheat' },
    dark_vibrant: { hex: '#4b5a27', rgb: [75, 90, 39], oklch: [0.4422, 0.0768, 123.14], name: 'darkolivegreen' },
    muted: { hex: '#5876a4', rgb: [88, 118, 164], oklch: [0.562, 0.0799, 258.73], name: 'steelblue' },
    light_muted: { hex: '#cebca8', rgb: [206, 188, 168], oklch: [0.8049, 0.0343, 70.25], name: 'tan' },
    dark_muted: { hex: '#394a54', rgb: [57, 74, 84], oklch: [0.3986, 0.0274, 234.18], name: 'darkslategray' },
  },
  text: '#ffffff',
  contrast: 4.81,
  scheme: 'light',
  transparent_share: 0,
} satisfies Colours;

const times = {
  created_at: '2026-11-28T09:42:41.259Z',
  started_at: '2026-11-28T09:42:41.615Z',
  completed_at: '2026-11-28T09:42:41.634Z',
  expires_at: '2026-12-28T09:42:41.257Z',
};

/** What there is of every one; `publicUrl` is where links lead to. */
function commonOf(publicUrl: string) {
  const self = `${publicUrl}/v1/thumbnails/${exampleId}`;
  return {
    id: exampleId,
    url: `${publicUrl}/samples/photo.jpg`,
    resized_url: `${self}/file`,
    source: { kind: 'url' },
    attempts: 1,
    error: null,
    metadata: {},
    ...times,
    links: { self, file: `${self}/file` },
  } as const;
}

function queuedOf(publicUrl: string): Thumbnail {
  const { started_at: _started, completed_at: _completed, ...common } = commonOf(publicUrl);
  return {
    ...common,
    status: 'queued',
    queue: { position: 3, eta_ms: 420, priority: 'normal' },
    attempts: 0,
    links: { ...common.links, cancel: `${common.links.self}/cancel` },
  };
}

function completedOf(publicUrl: string): Thumbnail {
  const common = commonOf(publicUrl);
  return {
    ...common,
    status: 'completed',
    source: {
      kind: 'url',
      sha256: '90a2e49f7ddba8812d3f15eda76dd88e2592b1cdb9feaaaa10369f76ac0d0dea',
      bytes: 149_407,
      width: 1600,
      height: 1067,
      format: 'jpeg',
      has_alpha: false,
      fresh_until: '2026-01-01T13:00:00.000Z',
    },
    renditions: [
      {
        name: 'default',
        width: 100,
        height: 100,
        format: 'jpeg',
        bytes: 2178,
        sha256: '67eac5563b5b386b8b486d1a733cfd4324bf1e488ef0e71c3b74e298d17093cf',
        url: common.resized_url,
      },
    ],
    colours,
    placeholder: { thumbhash: 'nucNLYR3eYd9h4eAeEeHeXdwdlcH' },
    cache: 'hit',
    timings: { queued_ms: 356, fetch_ms: 17.4, total_ms: 375 },
  };
}

function failedOf(publicUrl: string): Thumbnail {
  const problem = new Problem('source_status', { detail: 'The source answered 404.' });
  const { resized_url: _none, ...common } = commonOf(publicUrl);
  return {
    ...common,
    url: `${publicUrl}/samples/no.jpg`,
    status: 'failed',
    error: problem.toDocument(typeBaseOf(publicUrl)),
    timings: { queued_ms: 4, total_ms: 33 },
  };
}

function cancelledOf(publicUrl: string): Thumbnail {
  const { started_at: _started, resized_url: _none, ...common } = commonOf(publicUrl);
  const error = new Problem('cancelled').toDocument(typeBaseOf(publicUrl));
  return { ...common, status: 'cancelled', attempts: 0, error };
}

function timelineOf(failed: Thumbnail): Timeline {
  return {
    id: failed.id,
    status: failed.status,
    created_at: times.created_at,
    attempts: [
      {
        attempt: 1,
        outcome: 'failed',
        worker: 'worker-a8113c79',
        started_at: times.started_at,
        ended_at: times.completed_at,
        steps: [{ step: 'fetch', ms: 20.9 }],
        problem: failed.error,
      },
    ],
    completed_at: times.completed_at,
  };
}

const exampleCursor = Buffer.alloc(24, exampleId).toString('base64url');

/** By the names under which the document has them. */
export function thumbnailExamples(publicUrl: string) {
  const [completed, failed] = [completedOf(publicUrl), failedOf(publicUrl)];
  return {
    thumbnail_queued: { summary: 'It waits', value: queuedOf(publicUrl) },
    thumbnail_completed: { summary: 'It is made', value: completed },
    thumbnail_failed: { summary: 'It could not be made', value: failed },
    thumbnail_cancelled: { summary: 'It was cancelled', value: cancelledOf(publicUrl) },
    looked_up: { summary: 'Two of them', value: { data: [completed, failed], next: null } },
    listed: { summary: 'The newest two', value: { data: [completed, failed], next: exampleCursor } },
    timeline: { summary: 'One attempt, which failed', value: timelineOf(failed) },
    colours: { summary: 'Of the sample photograph', value: colours },
  };
}
