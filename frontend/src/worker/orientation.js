/** Where in the patient the sides of a picture lie (PS3.3 C.7.6.1.1.1, C.7.6.2.1.1). */
import { numbers, text, texts } from "./elements.js";
import { placeOf } from "./groups.js";
import { Tag } from "./tags.js";

const AXES = ["LR", "PA", "HF"];
/** Below this share of a direction a letter says nothing of use. */
const LEAST = 0.25;
const LETTERS = /^(?!.*(.).*\1)[LRAPHF]{1,3}$/;

/**
 * What lies to the right of a frame's rows and below its columns, in the letters of PatientOrientation: L, R, A, P, H, F,
 * the nearest first.
 *
 * @returns {{right: string, bottom: string} | null} null where it is not told, or of an animal, which has other letters
 */
export function orientationOf(dataSet, frame) {
  if (text(dataSet, Tag.AnatomicalOrientationType) === "QUADRUPED") return null;
  const place = placeOf(dataSet, frame, Tag.PlaneOrientationSequence, [Tag.ImageOrientationPatient]);
  const cosines = place ? numbers(place.dataSet, Tag.ImageOrientationPatient) : [];
  const [right, bottom] =
    cosines.length === 6 ? [cosines.slice(0, 3), cosines.slice(3)].map(lettersOf) : texts(dataSet, Tag.PatientOrientation);
  return LETTERS.test(right ?? "") && LETTERS.test(bottom ?? "") ? { right, bottom } : null;
}

/** Of direction cosines, towards the patient's left, back and head. */
function lettersOf(cosines) {
  return cosines
    .map((cosine, axis) => ({ letter: AXES[axis][cosine > 0 ? 0 : 1], size: Math.abs(cosine) }))
    .filter(({ size }) => size >= LEAST)
    .sort((one, other) => other.size - one.size)
    .map(({ letter }) => letter)
    .join("");
}
