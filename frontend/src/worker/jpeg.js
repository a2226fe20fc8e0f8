/** JPEG (ISO/IEC 10918-1): lossy of 8 bits by libjpeg-turbo, lossless by jpeg-lossless-decoder-js. */
import { Decoder } from "jpeg-lossless-decoder-js";
import { decompress } from "./codecs.js";
import { segments } from "./codestream.js";
import { arrayOf } from "./native.js";
import { Refusal } from "./refusal.js";

const LOSSLESS = 0xc3;
const [APP0, APP14] = [0xe0, 0xee];

/**
 * The samples of one frame, and what its colours are now: libjpeg makes RGB of them at once, from what an Adobe segment
 * says that the components are, else from the photometric interpretation; lossless ones are kept.
 */
export async function decodeJpeg(data, stream, description, uid) {
  const stated = statedColours(data, stream, description, uid);
  if (stream.marker === LOSSLESS) return { samples: lossless(data, stream, description), photometric: stated };
  if (stream.bits !== 8) {
    throw new Refusal("undecodable", `No decoder here reads lossy JPEG of ${stream.bits} bits.`);
  }
  const isColour = description.samplesPerPixel === 3;
  const transform = adobeTransform(data);
  const isYbr = transform === null ? stated.startsWith("YBR") : transform === 1;
  const told = isColour ? tellColours(data, isYbr ? 1 : 0) : data;
  const { data: bytes } = await decompress("libjpeg-turbo", told, description);
  const samples = new (arrayOf(8, description.signed))(bytes.buffer);
  return { samples, photometric: isColour ? "RGB" : stated };
}

/** The photometric interpretation, corrected by the components' names and by JFIF's segment, as pydicom does. */
export function statedColours(data, stream, { samplesPerPixel, photometric }, uid) {
  if (samplesPerPixel !== 3) return photometric;
  const ids = [0, 1, 2].map((index) => String.fromCharCode(data[stream.at + 8 + 3 * index])).join("");
  if (ids === "RGB" || ids === "rgb") return "RGB";
  if (photometric.includes("YBR") || ![...segments(data)].some((one) => begins(data, one, "JFIF"))) return photometric;
  return uid.endsWith(".4.50") ? "YBR_FULL_422" : "YBR_FULL";
}

/** The transform of a JPEG's Adobe segment (ISO/IEC 10918-6 6.5.3): 0 none, 1 YCbCr; null without one. */
function adobeTransform(data) {
  const found = [...segments(data)].find((one) => one.marker === APP14 && begins(data, one, "Adobe"));
  return found ? data[found.at + 13] : null;
}

const begins = (data, { at }, word) => [...word].every((letter, index) => data[at + 2 + index] === letter.charCodeAt(0));

/** The JPEG with an Adobe segment that says its transform, and without others that say something else. */
function tellColours(data, transform) {
  const pieces = [Uint8Array.of(0xff, 0xd8, 0xff, APP14, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, transform)];
  let kept = 2;
  for (const { marker, at } of segments(data)) {
    if (marker !== APP14 && marker !== APP0) continue;
    pieces.push(data.subarray(kept, at - 2));
    kept = at + ((data[at] << 8) | data[at + 1]);
  }
  pieces.push(data.subarray(kept));
  const all = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let filled = 0;
  for (const piece of pieces) {
    all.set(piece, filled);
    filled += piece.length;
  }
  return all;
}

function lossless(data, stream, description) {
  const size = stream.bits > 8 ? 2 : 1;
  const longer = withRoomAtEnd(data);
  let bytes;
  try {
    bytes = new Decoder(null, size).decode(longer.buffer, 0, longer.length, size);
  } catch {
    throw new Refusal("undecodable", "The JPEG lossless decoder refuses the frame.");
  }
  const count = description.rows * description.columns * description.samplesPerPixel;
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteLength < count * size) throw new Refusal("undecodable", "The JPEG lossless decoder gives too few samples.");
  return new (arrayOf(8 * size, description.signed))(buffer, byteOffset, count);
}

/** With some bits more before End of Image: the decoder reads ahead, and drops the pixel that it meets the end in. */
function withRoomAtEnd(data) {
  let end = data.length - 2;
  while (end > 0 && !(data[end] === 0xff && data[end + 1] === 0xd9)) end -= 1;
  const longer = new Uint8Array(data.length + 8);
  longer.set(data.subarray(0, end));
  longer.set(data.subarray(end), end + 8);
  return longer;
}
