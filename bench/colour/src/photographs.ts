/** Pictures that stand for photographs: painted from a seed, with shade, texture, soft edges and grain. */
import type { Pixels, Rgb } from '@tintype/colour';
import { landscape } from '@tintype/testkit';
import { paint } from './canvas.ts';
import { rgbFromHsv } from './damaged-families.ts';
import { createNoise } from './noise.ts';
import { between, mixed, normal, type Random, randomFor, scaled, shifted, wholeNumber } from './random.ts';

const width = 480;
const height = 320;

/** A scene says what colour is where, x and y 0 … 1; the camera adds grain. */
type Scene = (random: Random) => (x: number, y: number) => Rgb;

const skins: readonly Rgb[] = [
  [236, 198, 172],
  [206, 158, 124],
  [150, 102, 72],
  [92, 60, 44],
];

/** A head and shoulders in front of a blurred room. */
const portrait: Scene = (random) => {
  const room = createNoise(random, 3);
  const [near, far] = [naturalColour(random), naturalColour(random)];
  const skin = skins[wholeNumber(random, 0, skins.length - 1)] ?? [206, 158, 124];
  const hair = scaled(naturalColour(random), 0.35);
  const clothes = naturalColour(random);
  const fabric = createNoise(random, 40);
  const [centre, light] = [between(random, 0.38, 0.62), between(random, -0.3, 0.3)];
  return (x, y) => {
    const shade = 1 + light * (x - centre) * 2;
    const head = Math.hypot((x - centre) / 0.15, (y - 0.4) / 0.27);
    const shoulders = Math.hypot((x - centre) / 0.36, (y - 1.05) / 0.4);
    if (head < 1 && y > 0.28 + 0.05 * Math.cos(x * 20)) return scaled(skin, shade * (1.05 - 0.3 * head * head));
    if (Math.hypot((x - centre) / 0.19, (y - 0.36) / 0.32) < 1) return scaled(hair, shade * (0.8 + 0.6 * fabric(x, y)));
    if (shoulders < 1) return scaled(clothes, shade * (0.75 + 0.4 * fabric(x, y)));
    return mixed(near, far, room(x, y) * 1.6 - 0.3);
  };
};

/** Balls of fruit on a table before a wall, lit from above. */
const stillLife: Scene = (random) => {
  const wall = naturalColour(random);
  const table = rgbFromHsv(between(random, 15, 40), between(random, 0.2, 0.6), between(random, 0.3, 0.8));
  const grainOf = createNoise(random, 24);
  const fruit = Array.from({ length: wholeNumber(random, 3, 7) }, () => ({
    x: between(random, 0.15, 0.85),
    y: between(random, 0.5, 0.8),
    radius: between(random, 0.08, 0.17),
    colour: rgbFromHsv(random() * 360, between(random, 0.5, 0.95), between(random, 0.5, 0.95)),
  }));
  const horizon = between(random, 0.4, 0.6);
  return (x, y) => {
    const hit = fruit.findLast((ball) => Math.hypot((x - ball.x) * 1.5, y - ball.y) < ball.radius);
    if (hit) {
      const [across, down] = [((x - hit.x) * 1.5) / hit.radius, (y - hit.y) / hit.radius];
      const light = 0.35 + 0.75 * Math.max(0, Math.sqrt(Math.max(0, 1 - across * across - down * down)) - 0.4 * down);
      return mixed(scaled(hit.colour, light), [255, 255, 255], 1 - Math.hypot(across + 0.3, down + 0.45) * 5);
    }
    if (y < horizon) return scaled(wall, 1.05 - 0.35 * x - 0.2 * y);
    const shadow = fruit.some((ball) => Math.hypot((x - ball.x) * 0.8, (y - ball.y - ball.radius) * 3) < ball.radius);
    return scaled(table, (shadow ? 0.55 : 1) * (0.8 + 0.3 * grainOf(x, y * 6)));
  };
};

/** Rows of houses with windows under a sky, and a street. */
const city: Scene = (random) => {
  const [top, low] = [rgbFromHsv(between(random, 195, 230), between(random, 0.2, 0.7), 0.85), naturalColour(random)];
  const houses = Array.from({ length: wholeNumber(random, 6, 11) }, () => ({
    roof: between(random, 0.12, 0.6),
    colour: naturalColour(random),
    lit: between(random, 0.05, 0.5),
  }));
  const cloud = createNoise(random, 5);
  const dirt = createNoise(random, 30);
  const window = Array.from({ length: 997 }, random);
  return (x, y) => {
    if (y > 0.88) return scaled([96, 96, 100], 0.75 + 0.5 * dirt(x, y * 3));
    const column = Math.floor(x * houses.length);
    const house = houses[column];
    if (!house || y < house.roof) return mixed(mixed(top, low, y * 1.4), [245, 245, 245], (cloud(x, y * 2) - 0.55) * 3);
    const [across, up] = [Math.floor(x * houses.length * 5), Math.floor(y * 30)];
    const isWindow = across % 5 > 0 && up % 2 === 0 && (x * houses.length * 5) % 1 > 0.3;
    if (!isWindow) return scaled(house.colour, 0.75 + 0.4 * dirt(x, y));
    return (window[(across * 31 + up * 17) % 997] ?? 0) < house.lit ? [250, 220, 150] : [44, 52, 66];
  };
};

/** Several materials that run into each other under a changing light, as woods, rocks or cloth seen from near. */
const materials: Scene = (random) => {
  const kinds = Array.from({ length: wholeNumber(random, 3, 6) }, () => ({
    colour: naturalColour(random),
    place: createNoise(random, 4),
    bias: random() * 0.4,
  }));
  const softness = between(random, 8, 45);
  const grainOf = createNoise(random, 50);
  const light = createNoise(random, 2);
  return (x, y) => {
    const weights = kinds.map(({ place, bias }) => Math.exp(softness * (place(x, y) + bias)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const blend = [0, 1, 2].map((k) =>
      kinds.reduce((sum, { colour }, index) => sum + ((colour[k] ?? 0) * (weights[index] ?? 0)) / total, 0),
    );
    const [red = 0, green = 0, blue = 0] = blend;
    return scaled([red, green, blue], (0.75 + 0.5 * grainOf(x, y)) * (0.6 + 0.8 * light(x, y)));
  };
};

/** Mostly dull, as the world is. */
function naturalColour(random: Random): Rgb {
  return rgbFromHsv(random() * 360, random() * random() * 0.9, between(random, 0.15, 0.9));
}

const scenes = { portrait, 'still life': stillLife, city, materials } satisfies Record<string, Scene>;
const kinds = ['landscape', ...Object.keys(scenes).filter(isScene)] as const;

function isScene(name: string): name is keyof typeof scenes {
  return Object.hasOwn(scenes, name);
}

/** Photographs per seed: eight of each of five kinds. */
export const photographCount = 40;

/** The photograph of that number, 0 … `photographCount` − 1; the kinds take turns. */
export function photograph(seed: number, index: number): { kind: string; picture: Pixels } {
  const kind = kinds[index % kinds.length] ?? 'landscape';
  if (!isScene(kind)) return { kind, picture: landscape(width, height, seed * 1000 + index) };
  const random = randomFor(seed, kind, index);
  const colourAt = scenes[kind](random);
  const grain = between(random, 2, 7);
  const picture = paint(width, height, (x, y) =>
    shifted(colourAt(x / width, y / height), () => grain * normal(random)),
  );
  return { kind, picture };
}
