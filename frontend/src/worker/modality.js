/** The modality transformation: stored values -> values of a unit, such as Hounsfield's (PS3.3 C.11.1). */
import { items, number, text } from "./elements.js";
import { placeOf } from "./groups.js";
import { entryOf, lutOf } from "./lut.js";
import { Tag } from "./tags.js";

/**
 * Rescale slope and intercept, or a table in their place; `unit` is what values are in, where that is told.
 *
 * @typedef {{slope: number, intercept: number, lut: Lut | null, unit: string}} Modality
 */

/** The modality transformation of frame `frame`: a sequence, else a rescale, else none. A slope of 0 counts as none. */
export function modalityOf(dataSet, frame, signed) {
  const lut = items(dataSet, Tag.ModalityLUTSequence).slice(0, 1).map((item) => lutOf(item, signed))[0] ?? null;
  if (lut) return { slope: 1, intercept: 0, lut, unit: "" };
  const rescale = [Tag.RescaleSlope, Tag.RescaleIntercept];
  const place = placeOf(dataSet, frame, Tag.PixelValueTransformationSequence, rescale);
  if (!place) return { slope: 1, intercept: 0, lut: null, unit: "" };
  const slope = number(place.dataSet, Tag.RescaleSlope) || 1;
  return { slope, intercept: number(place.dataSet, Tag.RescaleIntercept) || 0, lut: null, unit: unitOf(dataSet, place) };
}

/** The unit of rescaled values; of CT it is Hounsfield's where nothing else is told (PS3.3 C.11.1.1.2). */
function unitOf(dataSet, place) {
  const type = text(place.dataSet, Tag.RescaleType);
  if (type && type !== "US") return type;
  return text(dataSet, Tag.Modality) === "CT" ? "HU" : "";
}

/** The value of a stored one. @param {Modality} modality */
export const valueOf = ({ slope, intercept, lut }, stored) => (lut ? entryOf(lut, stored) : stored * slope + intercept);
