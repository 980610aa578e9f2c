/** Finds what softened edges leave around hidden pixels: their blends with what is beside them. */

/** An edge of a picture that has been reduced is one pixel wide, or two. */
const passes = 2;
/** How far off the line between its two sides a blend may lie, in steps of sRGB; the same as in `blend.ts`. */
const tolerance = 5;
const tolerancePerStep = 0.02;
/** Nearer to the colour that is not hidden than this, in steps of sRGB, a pixel is that colour. */
const sameReach = 3;

/**
 * Hides each visible pixel that lies between a hidden one and a visible one, and is a blend of their colours. The line is
 * one of sRGB, since pictures are drawn and resized in sRGB.
 */
export function hideEdges(rgba: Uint8Array, hidden: Uint8Array, width: number): void {
  const isVisible = (pixel: number) => hidden[pixel] === 0 && rgba[pixel * 4 + 3] !== 0;
  const isBetween = (pixel: number, step: number) =>
    (hidden[pixel - step] === 1 && isVisible(pixel + step) && isBlend(rgba, pixel, pixel - step, pixel + step)) ||
    (hidden[pixel + step] === 1 && isVisible(pixel - step) && isBlend(rgba, pixel, pixel + step, pixel - step));
  for (let pass = 0; pass < passes; pass++) {
    const blends: number[] = [];
    for (let pixel = 0; pixel < hidden.length; pixel++) {
      if (!isVisible(pixel)) continue;
      // Beyond the first and the last row there is nothing; at the sides a step would lead into another row.
      const column = pixel % width;
      const isEdge =
        column === 0 || column === width - 1
          ? isBetween(pixel, width)
          : isBetween(pixel, 1) ||
            isBetween(pixel, width) ||
            isBetween(pixel, width + 1) ||
            isBetween(pixel, width - 1);
      if (isEdge) blends.push(pixel);
    }
    for (const pixel of blends) hidden[pixel] = 1;
  }
}

/** Whether the colour of a pixel lies on the line between those of two others, and is not that of `visible`. */
function isBlend(rgba: Uint8Array, pixel: number, hidden: number, visible: number): boolean {
  let squaredLength = 0;
  let along = 0;
  let squaredWay = 0;
  let squaredRest = 0;
  for (let channel = 0; channel < 3; channel++) {
    const from = rgba[hidden * 4 + channel] ?? 0;
    const to = rgba[visible * 4 + channel] ?? 0;
    const own = rgba[pixel * 4 + channel] ?? 0;
    squaredLength += (to - from) ** 2;
    along += (own - from) * (to - from);
    squaredWay += (own - from) ** 2;
    squaredRest += (to - own) ** 2;
  }
  if (squaredLength === 0 || squaredRest <= sameReach ** 2) return false;
  const place = along / squaredLength;
  const offset = Math.sqrt(Math.max(0, squaredWay - place * along));
  return place >= 0 && place < 1 && offset <= tolerance + tolerancePerStep * Math.sqrt(squaredLength);
}
