/** Overlay planes (PS3.3 C.9.2): bit masks beside the pixels, or, in old objects, in their unused bits. */
import { numbers, packed, whole } from "./elements.js";
import { unpacked } from "./native.js";

const [ROWS, COLUMNS, FRAMES, ORIGIN, FRAME_ORIGIN, BIT_POSITION, DATA] = [0x10, 0x11, 0x15, 0x50, 0x51, 0x102, 0x3000];
const MAX_PLANE_BYTES = 16 * 1024 * 1024;

/**
 * A mask of 0 and 1, and where its first pixel stands in the picture, from 0.
 *
 * @typedef {{mask: Uint8Array, rows: number, columns: number, top: number, left: number}} Overlay
 */

/** The overlays of a frame, from 1; those that do not fit their own description are left out. @returns {Overlay[]} */
export function overlaysOf(dataSet, frame, decoded, description) {
  const found = [];
  for (let group = 0x6000; group < 0x6020; group += 2) {
    const tag = (element) => ((group << 16) | element) >>> 0;
    const [rows, columns] = [whole(dataSet, tag(ROWS)) ?? 0, whole(dataSet, tag(COLUMNS)) ?? 0];
    const first = (whole(dataSet, tag(FRAME_ORIGIN)) || 1) - 1;
    const plane = dataSet.get(tag(FRAMES)) ? frame - 1 - first : 0;
    const frames = whole(dataSet, tag(FRAMES)) || 1;
    if (rows < 1 || columns < 1 || plane < 0 || plane >= frames) continue;
    if (rows * columns > 8 * MAX_PLANE_BYTES) continue;
    const data = packed(dataSet, tag(DATA));
    const mask = data.length
      ? ofPlane(data, rows * columns, plane)
      : inHighBits(whole(dataSet, tag(BIT_POSITION)), rows, columns, decoded, description);
    const origin = numbers(dataSet, tag(ORIGIN), true).map(Math.trunc);
    if (!mask) continue;
    found.push({ mask, rows, columns, top: (origin[0] ?? 1) - 1, left: (origin.at(-1) ?? 1) - 1 });
  }
  return found;
}

function ofPlane(data, count, plane) {
  return plane * count + count > 8 * data.length ? null : unpacked(data, plane * count, count);
}

/** An overlay in the bits that pixels leave unused (retired: PS3.3 C.9.2 of 2004). */
function inHighBits(position, rows, columns, { samples, hasAllBits }, description) {
  if (!hasAllBits || description.isFloat || description.samplesPerPixel > 1 || position === null) return null;
  const isSize = rows === description.rows && columns === description.columns;
  if (!isSize || !(position > 0 && position < 8 * samples.BYTES_PER_ELEMENT)) return null;
  return Uint8Array.from(samples, (value) => Number((BigInt(value) >> BigInt(position)) & 1n));
}
