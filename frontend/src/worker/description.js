/** The Image Pixel module (PS3.3 C.7.6.3) of a header, checked before anything is done by it. */
import { text, whole } from "./elements.js";
import { Refusal } from "./refusal.js";
import { Tag } from "./tags.js";

/** Bytes of one decoded frame. */
export const MAX_FRAME_BYTES = 128 * 1024 * 1024;

const FLOAT_BITS = new Map([[Tag.FloatPixelData, 32], [Tag.DoubleFloatPixelData, 64]]);
const ONE = ["MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"];
const THREE = ["RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_RCT", "YBR_ICT", "XYB"];
const SAMPLES = new Map([...ONE.map((name) => [name, 1]), ...THREE.map((name) => [name, 3])]);

/**
 * How a frame is stored.
 *
 * @typedef {{rows: number, columns: number, samplesPerPixel: number, photometric: string, bitsAllocated: number,
 *   bitsStored: number, highBit: number, signed: boolean, planar: boolean, frames: number, isFloat: boolean,
 *   isSubsampled: boolean, frameBits: number}} Description
 */

/** The description of the pixel data element `tag`; what is often absent is told from the rest. @throws {Refusal} */
export function describe(dataSet, tag) {
  const rows = size(dataSet, "Rows");
  const columns = size(dataSet, "Columns");
  const isFloat = FLOAT_BITS.has(tag);
  let photometric = text(dataSet, Tag.PhotometricInterpretation);
  let samplesPerPixel = whole(dataSet, Tag.SamplesPerPixel);
  if (samplesPerPixel === null || isFloat) samplesPerPixel = SAMPLES.get(photometric) ?? 1;
  photometric ||= samplesPerPixel === 1 ? "MONOCHROME2" : "RGB";
  if (SAMPLES.get(photometric) !== samplesPerPixel) {
    throw new Refusal("undecodable", "PhotometricInterpretation and SamplesPerPixel contradict each other.");
  }
  if (isFloat && !photometric.startsWith("MONOCHROME")) {
    throw new Refusal("undecodable", "PhotometricInterpretation of real numbers has to be MONOCHROME2.");
  }
  const bitsAllocated = FLOAT_BITS.get(tag) ?? allocated(dataSet, samplesPerPixel);
  const bitsStored = whole(dataSet, Tag.BitsStored) || bitsAllocated;
  if (bitsStored < 1 || bitsStored > bitsAllocated) {
    throw new Refusal("undecodable", `BitsStored is ${bitsStored}, it has to be 1 to BitsAllocated, ${bitsAllocated}.`);
  }
  const bytes = (rows * columns * samplesPerPixel * Math.max(bitsAllocated, 8)) / 8;
  if (bytes > MAX_FRAME_BYTES) {
    throw new Refusal("too-large", `A frame of ${columns} × ${rows} pixels takes ${bytes} bytes when decoded.`);
  }
  const high = whole(dataSet, Tag.HighBit);
  const isSubsampled = ["YBR_FULL_422", "YBR_PARTIAL_422"].includes(photometric);
  return {
    rows,
    columns,
    samplesPerPixel,
    photometric,
    bitsAllocated,
    bitsStored,
    highBit: high !== null && high >= bitsStored - 1 && high < bitsAllocated ? high : bitsStored - 1,
    signed: whole(dataSet, Tag.PixelRepresentation) === 1,
    planar: whole(dataSet, Tag.PlanarConfiguration) === 1,
    frames: Math.max(whole(dataSet, Tag.NumberOfFrames) ?? 1, 1),
    isFloat,
    isSubsampled,
    frameBits: rows * columns * (isSubsampled ? 2 : samplesPerPixel) * bitsAllocated,
  };
}

function size(dataSet, keyword) {
  const value = whole(dataSet, Tag[keyword]);
  if (value !== null && value >= 1) return value;
  throw new Refusal("undecodable", `${keyword} is ${value ?? "absent"}, it has to be 1 to 65535.`);
}

function allocated(dataSet, samplesPerPixel) {
  const value = whole(dataSet, Tag.BitsAllocated);
  const known = samplesPerPixel === 1 ? [1, 8, 16, 32, 64] : [8, 16, 32];
  if (known.includes(value)) return value;
  throw new Refusal("undecodable", `BitsAllocated is ${value ?? "absent"}, it has to be one of ${known.join(", ")}.`);
}
