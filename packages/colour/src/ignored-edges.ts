/** Finds what softened edges leave around hidden pixels: their blends with what is beside them. */

/** An edge of a picture that has been reduced is one pixel wide, or two. */
const passes = 2;
/** How far outside of what lies between its two sides a blend may be, in steps of sRGB; the same as in `blend.ts`. */
const tolerance = 5;
const tolerancePerStep = 0.02;
/** Nearer to the colour that is not hidden than this, in steps of sRGB, a pixel is that colour. */
const sameReach = 3;

/**
 * Hides each visible pixel that lies between a hidden one and a visible one, and whose colour does, too: in sRGB, since
 * pictures are drawn and resized in sRGB.
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

/**
 * Whether the colour of a pixel lies between those of two others, and is not that of `visible`. In brightness and in
 * chroma apart, as JPEG keeps them (ITU-T T.871, section 7): where chroma has half the resolution, a pixel may have the
 * brightness of one side and a chroma between both.
 */
function isBlend(rgba: Uint8Array, pixel: number, hidden: number, visible: number): boolean {
  const [lumaWay, blueWay, redWay] = stepBetween(rgba, hidden, visible);
  const [luma, blue, red] = stepBetween(rgba, hidden, pixel);
  const isVisibleColour = Math.hypot(lumaWay - luma, blueWay - blue, redWay - red) <= sameReach;
  const reach = tolerance + tolerancePerStep * Math.hypot(lumaWay, blueWay, redWay);
  if (isVisibleColour || luma < Math.min(0, lumaWay) - reach || luma > Math.max(0, lumaWay) + reach) return false;
  const squaredLength = blueWay ** 2 + redWay ** 2;
  const along = squaredLength === 0 ? 0 : (blue * blueWay + red * redWay) / squaredLength;
  const place = Math.min(1, Math.max(0, along));
  return Math.hypot(blue - place * blueWay, red - place * redWay) <= reach;
}

/** From the colour of one pixel to that of another, in luma and the two differences of chroma. */
function stepBetween(rgba: Uint8Array, from: number, to: number): [luma: number, blue: number, red: number] {
  const red = (rgba[to * 4] ?? 0) - (rgba[from * 4] ?? 0);
  const green = (rgba[to * 4 + 1] ?? 0) - (rgba[from * 4 + 1] ?? 0);
  const blue = (rgba[to * 4 + 2] ?? 0) - (rgba[from * 4 + 2] ?? 0);
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [luma, (blue - luma) / 1.772, (red - luma) / 1.402];
}
