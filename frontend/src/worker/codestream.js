/**
 * What a codestream says of itself, read before any decoder sees it: a decoder allocates what the codestream asks for,
 * so its size has to be that of the data set, which has been checked.
 */
import { Refusal } from "./refusal.js";

const MAX_TILES = 65_535; // ISO/IEC 15444-1 A.4.2
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, 0xf7]);
const READERS = { jpeg: ofJpeg, "jpeg-ls": ofJpeg, "jpeg-2000": ofJpeg2000, htj2k: ofJpeg2000 };

/**
 * Size in pixels, components and bits of each, as a codestream declares them at offset `at`; `marker` is JPEG's kind.
 *
 * @typedef {{rows: number, columns: number, components: number, bits: number, at: number, marker?: number,
 *   isSigned?: boolean}} Codestream
 */

/** The codestream of a frame, null of families without one. @throws {Refusal} where it contradicts the data set */
export function checked(data, family, description) {
  const read = READERS[family];
  if (!read) return null;
  const found = read(data);
  if (!found) throw new Refusal("undecodable", `The frame does not begin with a ${family} codestream.`);
  const { rows, columns, samplesPerPixel, bitsAllocated } = description;
  if (found.rows !== rows || found.columns !== columns || found.components !== samplesPerPixel) {
    const declared = `${found.columns} × ${found.rows} pixels of ${found.components} components`;
    throw new Refusal("undecodable", `The codestream has ${declared}, the data set ${columns} × ${rows} of ${samplesPerPixel}.`);
  }
  if (found.bits < 1 || found.bits > Math.max(bitsAllocated, 8)) {
    throw new Refusal("undecodable", `The codestream has ${found.bits} bits a sample, BitsAllocated is ${bitsAllocated}.`);
  }
  if (!hasEnd(data, found.at)) throw new Refusal("truncated", "The frame's codestream has no end: it was cut off.");
  return found;
}

/** Whether a fragment that begins with these bytes is the first of its frame. */
export function beginsCodestream(start) {
  if (start[0] === 0xff && start[1] === 0xd8) return true;
  if (isSoc(start, 0)) return true;
  return start[4] === 0x6a && start[5] === 0x50 && start[6] === 0x20 && start[7] === 0x20;
}

/** Each marker of a JPEG up to the first frame header, with the offset of its segment's length. */
export function* segments(data) {
  let at = data[0] === 0xff && data[1] === 0xd8 ? 2 : data.length;
  while (at + 4 <= data.length && data[at] === 0xff) {
    const marker = data[at + 1];
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else {
      yield { marker, at: at + 2 };
      if (FRAMES.has(marker)) return;
      at += 2 + Math.max(2, (data[at + 2] << 8) | data[at + 3]);
    }
  }
}

/** Of JPEG (ISO/IEC 10918-1 B.2.2) and JPEG-LS (ISO/IEC 14495-1 C.2.2). */
function ofJpeg(data) {
  for (const { marker, at } of segments(data)) {
    if (!FRAMES.has(marker) || at + 8 > data.length) continue;
    const word = (offset) => (data[at + offset] << 8) | data[at + offset + 1];
    return { rows: word(3), columns: word(5), components: data[at + 7], bits: data[at + 2], at, marker };
  }
  return null;
}

const isSoc = (data, at) =>
  data[at] === 0xff && data[at + 1] === 0x4f && data[at + 2] === 0xff && data[at + 3] === 0x51;

/** Of JPEG 2000 (ISO/IEC 15444-1 A.5.1), with or without the boxes of a JP2 file. */
function ofJpeg2000(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = 0;
  while (!isSoc(data, at)) {
    if (at + 8 > data.length) return null;
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x6a703263) at += 8; // jp2c
    else if (length >= 8) at += length;
    else return null;
  }
  at += 4;
  if (at + 39 > data.length) return null;
  const [right, bottom, left, top, tileWidth, tileHeight, tileLeft, tileTop] = Array.from({ length: 8 }, (_, index) =>
    view.getUint32(at + 4 + 4 * index),
  );
  if (!(tileWidth && tileHeight && left < right && top < bottom)) {
    throw new Refusal("undecodable", "The codestream declares an image or tiles without any extent.");
  }
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  if (tiles > MAX_TILES) throw new Refusal("undecodable", `The codestream declares ${tiles} tiles.`);
  const bits = (data[at + 38] & 0x7f) + 1;
  const isSigned = data[at + 38] >= 0x80;
  return { rows: bottom - top, columns: right - left, components: view.getUint16(at + 36), bits, isSigned, at };
}

/** A JPEG 2000 codestream that says of its samples that they are unsigned: decoded, they are half of their range more. */
export function asUnsigned(data, { at, components }) {
  const told = data.slice();
  for (let component = 0; component < components; component += 1) told[at + 38 + 3 * component] &= 0x7f;
  return told;
}

/** Whether a JPEG 2000 codestream is lossy: its wavelet is the irreversible one (ISO/IEC 15444-1 A.6.1). */
export function isIrreversible(data, { at }) {
  const word = (offset) => (data[offset] << 8) | data[offset + 1];
  for (let marker = at + word(at); marker + 14 < data.length && data[marker] === 0xff; marker += 2 + word(marker + 2)) {
    if (data[marker + 1] === 0x52) return data[marker + 13] === 0; // COD
    if (data[marker + 1] === 0x90) return false; // the first tile begins
  }
  return false;
}

/** JPEG's End of Image and JPEG 2000's End of Codestream: nothing else past the header has these bytes. */
function hasEnd(data, from) {
  for (let at = data.length - 2; at >= from; at -= 1) if (data[at] === 0xff && data[at + 1] === 0xd9) return true;
  return false;
}
