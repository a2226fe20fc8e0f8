/** The shape and the size of a pixel (PS3.3 C.7.6.3.1.7, 10.7). */
import { numbers } from "./elements.js";
import { placeOf } from "./groups.js";
import { Tag } from "./tags.js";

const MAX_ASPECT = 16;
const SPACINGS = [
  [Tag.PixelSpacing, ""],
  [Tag.ImagerPixelSpacing, "at the detector"],
  [Tag.NominalScannedPixelSpacing, "nominal"],
];

/**
 * How many times as high as wide a pixel of a frame is, 1 where nothing sensible says; its sides in mm, rows first,
 * null where they are not told, and where they are measured.
 */
export function pixelShape(dataSet, frame) {
  for (const [tag, where] of SPACINGS) {
    const place = placeOf(dataSet, frame, Tag.PixelMeasuresSequence, [tag]);
    if (!place) continue;
    const sides = numbers(place.dataSet, tag);
    const isUsable = sides.length >= 2 && sides[0] > 0 && sides[1] > 0;
    return { aspect: ratio(sides), spacing: isUsable ? sides.slice(0, 2) : null, where };
  }
  return { aspect: ratio(numbers(dataSet, Tag.PixelAspectRatio)), spacing: null, where: "" };
}

function ratio([high, wide]) {
  if (!(high > 0 && wide > 0)) return 1;
  const found = high / wide;
  return found >= 1 / MAX_ASPECT && found <= MAX_ASPECT ? found : 1;
}
