/** The VOI transformation that an object asks for: which values are shown, from black to white (PS3.3 C.11.2). */
import { latin } from "./bytes.js";
import { items, number, numbers, text } from "./elements.js";
import { placeOf } from "./groups.js";
import { lutOf } from "./lut.js";
import { valueOf } from "./modality.js";
import { Tag } from "./tags.js";

const MAX = Number.MAX_VALUE / 1024;

/**
 * A window with its function, or a table in its place.
 *
 * @typedef {{name: string, center: number, width: number, function: string, lut: Lut | null}} Voi
 */

/** All that an object offers for a frame, what is shown first at the front, and warnings of what could not be used. */
export function voisOf(dataSet, frame, signed) {
  const luts = items(dataSet, Tag.VOILUTSequence).map((item) => lutOf(item, signed)).filter(Boolean);
  const found = luts.map((lut) => ({ name: "VOI LUT", center: 0, width: 0, function: "LUT", lut }));
  const place = placeOf(dataSet, frame, Tag.FrameVOILUTSequence, [Tag.WindowCenter, Tag.WindowWidth]);
  if (!place) return { vois: found, warnings: [] };
  const widths = numbers(place.dataSet, Tag.WindowWidth);
  const names = explanations(place.dataSet);
  const stated = text(place.dataSet, Tag.VOILUTFunction);
  const shape = ["LINEAR_EXACT", "SIGMOID"].includes(stated) ? stated : "LINEAR";
  const windows = numbers(place.dataSet, Tag.WindowCenter)
    .slice(0, widths.length)
    .map((center, at) => ({ name: names[at] || `Window ${at + 1}`, center, width: widths[at], function: shape, lut: null }));
  const isValid = ({ width }) => (shape === "LINEAR" ? width >= 1 : width > 0); // C.11.2.1.2.1, C.11.2.1.3
  const isUsed = windows.length > 0 && isValid(windows[0]);
  const warnings = isUsed || found.length ? [] : ["The window of the object is invalid: the range of the pixels is shown."];
  return { vois: [...found, ...(isUsed ? windows.filter(isValid) : [])], warnings };
}

function explanations(dataSet) {
  const element = dataSet.get(Tag.WindowCenterWidthExplanation);
  return element ? latin(dataSet.value(element, 1024)).split("\\").map((name) => name.trim()) : [];
}

/** From the lowest value of the used pixels, black, to the highest, white. @returns {Voi} */
export function rangeOf(samples, modality, padding) {
  let [low, high] = ends(samples, modality, padding);
  [low, high] = [Math.max(low, -MAX), Math.min(high, MAX)];
  return { name: "Range of the pixels", center: (low + high) / 2, width: high - low, function: "LINEAR_EXACT", lut: null };
}

/** The lowest and highest stored values that are padding (PS3.3 C.7.5.1.1.2); null where the object declares none. */
export function paddingOf(dataSet, signed) {
  const first = (...tags) => tags.map((tag) => number(dataSet, tag, signed)).find((value) => value !== null) ?? null;
  const value = first(Tag.PixelPaddingValue, Tag.FloatPixelPaddingValue, Tag.DoubleFloatPixelPaddingValue);
  if (value === null) return null;
  const limits = [Tag.PixelPaddingRangeLimit, Tag.FloatPixelPaddingRangeLimit, Tag.DoubleFloatPixelPaddingRangeLimit];
  const limit = first(...limits) ?? value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/** The ends of the used pixels' values; where there are none, above which nothing is. */
function ends(samples, modality, padding) {
  const used = extremes(samples, modality.lut, padding);
  if (used) return used.map((value) => (modality.lut ? value : valueOf(modality, value))).sort((a, b) => a - b);
  const all = extremes(samples, modality.lut, null);
  if (!all) return [0, 0];
  const values = all.map((value) => (modality.lut ? value : valueOf(modality, value)));
  return [Math.max(...values), Math.max(...values)];
}

function extremes(samples, lut, padding) {
  let [low, high] = [Infinity, -Infinity];
  const [from, to] = padding ?? [1, 0];
  for (let at = 0; at < samples.length; at += 1) {
    const stored = samples[at];
    if ((stored >= from && stored <= to) || !Number.isFinite(stored)) continue;
    const value = lut ? valueOf({ lut }, stored) : stored;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}
