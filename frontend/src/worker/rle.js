/** RLE (PS3.5 G): a frame of byte planes, the highest bytes of each sample first. */
import { unpacked, arrayOf } from "./native.js";
import { Refusal } from "./refusal.js";

/** The samples of one frame, colours interleaved. @throws {Refusal} */
export function decodeRle(data, description) {
  const { rows, columns, samplesPerPixel, bitsAllocated, signed } = description;
  const pixels = rows * columns;
  if (bitsAllocated === 1) return unpacked(segment(data, 0, 1, Math.ceil(pixels / 8)), 0, pixels);
  const size = bitsAllocated / 8;
  const planes = size * samplesPerPixel;
  const bytes = new Uint8Array(pixels * planes);
  for (let plane = 0; plane < planes; plane += 1) {
    const found = segment(data, plane, planes, pixels);
    const sample = Math.floor(plane / size);
    let at = sample * size + (size - 1 - (plane % size));
    for (let index = 0; index < pixels; index += 1, at += planes) bytes[at] = found[index];
  }
  return new (arrayOf(bitsAllocated, signed))(bytes.buffer);
}

function segment(data, index, count, length) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (data.length < 64 || view.getUint32(0, true) !== count) {
    throw new Refusal("undecodable", `The RLE frame has not the ${count} segments that its description takes.`);
  }
  const offset = view.getUint32(4 + 4 * index, true);
  const end = index + 1 < count ? view.getUint32(8 + 4 * index, true) : data.length;
  if (offset < 64 || offset > end || end > data.length) {
    throw new Refusal("undecodable", "A segment of the RLE frame lies outside of it.");
  }
  return unrolled(data.subarray(offset, end), length);
}

/** PackBits (PS3.5 G.3.2). */
function unrolled(data, length) {
  const bytes = new Uint8Array(length);
  let [at, filled] = [0, 0];
  while (filled < length && at < data.length) {
    const control = data[at];
    at += 1;
    if (control < 128) {
      const run = data.subarray(at, at + Math.min(control + 1, length - filled));
      bytes.set(run, filled);
      at += control + 1;
      filled += run.length;
      if (run.length < control + 1 && filled < length) break;
    } else if (control > 128) {
      bytes.fill(data[at], filled, filled + 257 - control);
      at += 1;
      filled += 257 - control;
    }
  }
  if (filled < length) throw new Refusal("truncated", "A segment of the RLE frame ends too early: it was cut off.");
  return bytes;
}
