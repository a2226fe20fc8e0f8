/** Uncompressed frames -> samples (PS3.5 8.1.1, PS3.3 C.7.6.3). */
import { Refusal } from "./refusal.js";

const ARRAYS = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** The array that samples of so many bits stand in. */
export const arrayOf = (bits, signed, isFloat = false) =>
  ARRAYS[`${isFloat ? "f" : signed && bits > 1 ? "i" : "u"}${Math.max(bits, 8)}`];

/** The samples of one frame as they are stored, colours interleaved. @throws {Refusal} where they are too few */
export function samplesOf({ data, firstBit }, description, littleEndian) {
  const { rows, columns, samplesPerPixel, bitsAllocated, frameBits } = description;
  if (data.length * 8 < firstBit + frameBits) {
    throw new Refusal("undecodable", `The frame has ${data.length} bytes, its description takes ${Math.ceil(frameBits / 8)}.`);
  }
  const pixels = rows * columns;
  if (bitsAllocated === 1) return unpacked(data, firstBit, pixels);
  const samples = typed(data, arrayOf(bitsAllocated, description.signed, description.isFloat), littleEndian);
  if (description.isSubsampled) return spread(samples, pixels);
  const kept = samples.subarray(0, pixels * samplesPerPixel);
  return samplesPerPixel > 1 && description.planar ? interleaved(kept, pixels) : kept;
}

/** Bits, the lowest of each byte first, as samples of 0 and 1. */
export function unpacked(bytes, first, count) {
  const samples = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const bit = first + index;
    samples[index] = (bytes[bit >> 3] >> (bit & 7)) & 1;
  }
  return samples;
}

/** Three planes -> samples that stand together. */
export function interleaved(planes, pixels) {
  const samples = new planes.constructor(3 * pixels);
  for (let index = 0; index < pixels; index += 1) {
    samples[3 * index] = planes[index];
    samples[3 * index + 1] = planes[pixels + index];
    samples[3 * index + 2] = planes[2 * pixels + index];
  }
  return samples;
}

function typed(bytes, Samples, littleEndian) {
  const size = Samples.BYTES_PER_ELEMENT;
  const copy = bytes.slice(0, bytes.length - (bytes.length % size));
  if (!littleEndian && size > 1) {
    for (let at = 0; at < copy.length; at += size) copy.subarray(at, at + size).reverse();
  }
  return new Samples(copy.buffer);
}

/** Y1 Y2 Cb Cr of each pair of pixels -> Y1 Cb Cr Y2 Cb Cr (PS3.3 C.7.6.3.1.2); a last pixel alone has Y and Cb. */
function spread(samples, pixels) {
  const count = 2 * pixels;
  const spread = new samples.constructor(3 * pixels);
  const at = (index) => samples[Math.min(index, count - 1)];
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const pair = 4 * (pixel >> 1);
    spread[3 * pixel] = at(pair + (pixel & 1));
    spread[3 * pixel + 1] = at(pair + 2);
    spread[3 * pixel + 2] = at(pair + 3);
  }
  return spread;
}
