/** Where the bytes of one frame lie. */
import { swapBytes } from "./elements.js";
import { Fragments } from "./fragments.js";
import { Refusal } from "./refusal.js";
import { EXPLICIT_BIG } from "./syntaxes.js";
import { UNDEFINED } from "./walk.js";

const MAX_MISSING = 0.1;

/**
 * The encoded bytes of a frame; the first pixel of 1-bit ones stands at bit `firstBit`. `missing` is the share of them
 * that the object ends before, filled with zeros; `checksum`, where it is known, tells whether they are what they were.
 *
 * @typedef {{data: Uint8Array, firstBit: number, missing: number, checksum?: Checksum}} FrameBytes
 */

/** A reader of the frames of an object, by their numbers from 1. @returns {(number: number) => FrameBytes} */
export function framesOf(parsed, description, family) {
  const { pixels } = parsed;
  const isOpen = pixels.length === UNDEFINED;
  if (family === "native") {
    if (isOpen) throw new Refusal("undecodable", "The pixel data are encapsulated, the transfer syntax says not.");
    return (number) => native(parsed, description, number);
  }
  if (!isOpen) throw new Refusal("undecodable", "The pixel data are not encapsulated, as the transfer syntax says.");
  const fragments = new Fragments(parsed, family, description.frames);
  return (number) => ({ data: fragments.frame(number), firstBit: 0, missing: 0 });
}

function native(parsed, description, number) {
  const { pixels, bytes, uid } = parsed;
  const bit = (number - 1) * description.frameBits;
  const start = pixels.at + Math.floor(bit / 8);
  const firstBit = bit % 8;
  const length = Math.ceil((firstBit + description.frameBits) / 8);
  const end = Math.min(pixels.at + pixels.length, bytes.size);
  // 8-bit samples and bits as OW stand in 16-bit words of big-endian order (PS3.5 8.1.1, A.3).
  const swapped = uid === EXPLICIT_BIG && pixels.vr === "OW" && description.bitsAllocated <= 8;
  const aligned = swapped ? start - ((start - pixels.at) % 2) : start;
  const stop = start + length + (swapped ? (start + length - pixels.at) % 2 : 0);
  const found = aligned < end ? bytes.read(aligned, Math.min(stop, end)) : new Uint8Array(0);
  const data = new Uint8Array(stop - aligned);
  data.set(found);
  if (swapped) swapBytes(data);
  const missing = Math.max(0, 1 - (found.length - (start - aligned)) / length);
  if (missing > MAX_MISSING) {
    throw new Refusal("truncated", `Frame ${number} takes ${length} bytes, of which the file has ${found.length}: it was cut off.`);
  }
  const kept = data.subarray(start - aligned, start - aligned + length);
  return { data: kept, firstBit, missing };
}
