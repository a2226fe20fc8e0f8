/** A frame with all that is needed to draw it (PS3.4 N.2): grey values and their transformation, or RGBA. */
import { pixelShape } from "./aspect.js";
import { rgbaOf } from "./colour.js";
import { isAsImported } from "./checksum.js";
import { decode } from "./decode.js";
import { text } from "./elements.js";
import { modalityOf } from "./modality.js";
import { orientationOf } from "./orientation.js";
import { overlaysOf } from "./overlays.js";
import { rgbaOfIndices } from "./palette.js";
import { ofStoredBits } from "./stored.js";
import { Tag } from "./tags.js";
import { paddingOf, rangeOf, voisOf } from "./voi.js";

/**
 * One frame. Of grey ones `samples` are stored values of `bits` bits; `vois` has what it may be shown by, the first at
 * first. Of coloured ones `rgba` is all.
 *
 * @typedef {{number: number, rows: number, columns: number, samples?: TypedArray, bits?: number, modality?: Modality,
 *   vois?: Voi[], inverted?: boolean, rgba?: Uint8ClampedArray, overlays: Overlay[], aspect: number,
 *   spacing: number[] | null, where: string, orientation: {right: string, bottom: string} | null, isIntact?: boolean,
 *   warnings: string[]}} Picture
 */

/** Decode frame `number`, from 1. @returns {Promise<Picture>} @throws {Refusal} */
export async function pictureOf(subject, number) {
  const { parsed, description, family, readFrame } = subject;
  const { dataSet, uid } = parsed;
  const frame = readFrame(number);
  const decoded = await decode(frame, description, family, uid);
  const isIntact = frame.checksum && isAsImported(frame, decoded.samples);
  const overlays = overlaysOf(dataSet, number, decoded, description);
  const fromHighBit = decoded.hasAllBits;
  const samples = ofStoredBits(decoded.samples, description, fromHighBit);
  const { rows, columns } = description;
  const shown = { number, rows, columns, overlays, ...pixelShape(dataSet, number), isIntact, warnings: [] };
  if (isIntact === false) shown.warnings.push("This frame is not what was imported: its checksum is another.");
  shown.orientation = orientationOf(dataSet, number);
  if (frame.missing > 0) {
    shown.warnings.push(`${(100 * frame.missing).toFixed(1)} % of the pixels are missing in the file; they are drawn as 0.`);
  }
  if (decoded.photometric === "PALETTE COLOR") {
    return { ...shown, rgba: rgbaOfIndices(samples, dataSet, description.signed) };
  }
  if (description.samplesPerPixel === 3) {
    return { ...shown, rgba: rgbaOf(samples, decoded.photometric, description.bitsStored) };
  }
  return { ...shown, ...greys(samples, dataSet, number, description, decoded.photometric, shown.warnings) };
}

function greys(samples, dataSet, number, description, photometric, warnings) {
  const { signed, bitsStored } = description;
  const modality = modalityOf(dataSet, number, signed);
  const isNegative = signed || (!modality.lut && (modality.intercept < 0 || modality.slope < 0));
  const found = voisOf(dataSet, number, isNegative);
  warnings.push(...found.warnings);
  const range = rangeOf(samples, modality, paddingOf(dataSet, signed));
  // C.11.6: a shape speaks of the last step; without one the photometric interpretation does (C.7.6.3.1.2).
  const shape = text(dataSet, Tag.PresentationLUTShape);
  const inverted = shape === "INVERSE" || (shape !== "IDENTITY" && photometric === "MONOCHROME1");
  const bits = Math.min(bitsStored, 8 * samples.BYTES_PER_ELEMENT);
  return { samples, bits, modality, vois: [...found.vois, range], inverted };
}
