/** A frame's bytes -> its samples as they were stored. */
import { asUnsigned, checked, isIrreversible } from "./codestream.js";
import { decompress } from "./codecs.js";
import { inflate } from "./inflate.js";
import { decodeJpeg, statedColours } from "./jpeg.js";
import { arrayOf, interleaved, samplesOf } from "./native.js";
import { Refusal } from "./refusal.js";
import { decodeRle } from "./rle.js";
import { EXPLICIT_BIG } from "./syntaxes.js";

/**
 * A frame's stored values with the bits beside BitsStored, and what its colours are now. `hasAllBits` where those bits
 * are as the object has them, which old ones keep overlays in.
 *
 * @typedef {{samples: TypedArray, photometric: string, hasAllBits: boolean}} Decoded
 */

const DECODERS = {
  native: (frame, description, _stream, uid) => samplesOf(frame, description, uid !== EXPLICIT_BIG),
  encapsulated: (frame, description) => samplesOf(frame, description, true),
  deflated: async (frame, description) => {
    const { data } = await inflate(frame.data, Math.ceil(description.frameBits / 8));
    return samplesOf({ data, firstBit: 0 }, description, true);
  },
  rle: (frame, description) => decodeRle(frame.data, description),
  "jpeg-ls": (frame, description) => byCodec("CharLS", frame.data, description),
  "jpeg-2000": (frame, description, stream) => ofJpeg2000("OpenJPEG", frame.data, description, stream),
  htj2k,
};
const WITH_ALL_BITS = new Set(["native", "encapsulated", "deflated", "rle"]);

/** Decode one frame. @returns {Promise<Decoded>} @throws {Refusal} */
export async function decode(frame, description, family, uid) {
  const stream = checked(frame.data, family, description);
  if (family === "jpeg") return { ...(await decodeJpeg(frame.data, stream, description, uid)), hasAllBits: false };
  const decoder = DECODERS[family];
  if (!decoder) throw new Refusal("undecodable", "No decoder here reads JPEG XL.");
  const samples = await decoder(frame, description, stream, uid);
  return { samples, photometric: colours(frame.data, stream, description, family, uid), hasAllBits: WITH_ALL_BITS.has(family) };
}

/** What the colours of a decoded frame are: decoders undo a multiple component transformation (PS3.5 8.2.4). */
function colours(data, stream, description, family, uid) {
  if (family === "jpeg-ls") return statedColours(data, stream, description, uid);
  const isTransformed = ["YBR_RCT", "YBR_ICT"].includes(description.photometric);
  return isTransformed && ["jpeg-2000", "htj2k"].includes(family) ? "RGB" : description.photometric;
}

/** OpenJPH is the quicker one; but what a lossy wavelet overshoots, some builds of it let turn over, from 255 to 0. */
async function htj2k(frame, description, stream) {
  const { data } = frame;
  if (stream.bits > 16) throw new Refusal("undecodable", `The frame has samples of ${stream.bits} bits: no decoder of HTJ2K here reads more than 16.`);
  if (stream.bits <= 8 && isIrreversible(data, stream)) return ofJpeg2000("OpenJPEG", data, description, stream);
  try {
    return await ofJpeg2000("OpenJPH", data, description, stream);
  } catch {
    return ofJpeg2000("OpenJPEG", data, description, stream);
  }
}

/** Signed samples of 8 bits or fewer are decoded as unsigned: the decoders here make all that is negative 0. */
async function ofJpeg2000(name, data, description, stream) {
  if (!stream.isSigned || stream.bits > 8) return byCodec(name, data, description);
  const samples = await byCodec(name, asUnsigned(data, stream), description);
  for (let at = 0; at < samples.length; at += 1) samples[at] -= 1 << (stream.bits - 1);
  return samples;
}

async function byCodec(name, data, description) {
  const found = await decompress(name, data, description);
  if (found.bits > 16) throw new Refusal("undecodable", `${name} gives no samples of ${found.bits} bits here.`);
  const width = found.bits > 8 ? 16 : 8;
  const count = description.rows * description.columns * found.components;
  const samples = new (arrayOf(width, description.signed))(found.data.buffer, found.data.byteOffset, count);
  return found.components > 1 && !found.interleaved ? interleaved(samples, count / found.components) : samples;
}
