/** Stored grey values -> pixels (PS3.4 N.2): modality, VOI, presentation, by one table where there are few values. */
import { entryOf } from "../worker/lut.js";
import { valueOf } from "../worker/modality.js";

const WHITE = 255;
const TINY = 2.2250738585072014e-308;
const MAX_TABLE_BITS = 16;
const OPAQUE = 0xff000000;

const tables = new Map([[8, new Uint32Array(256)]]); // by their size: one of each, written anew for each window

/**
 * Write the pixels of a grey picture into `out`, one 32-bit word each.
 *
 * @param {Picture} picture @param {Voi} voi what it is shown by @param {boolean} inverted @param {Uint32Array} out
 */
export function paintGrey(picture, voi, inverted, out) {
  const { samples, bits, modality } = picture;
  const level = levelsBy(voi);
  const isWhole = !(samples instanceof Float32Array || samples instanceof Float64Array);
  const grey = (stored) => {
    const shown = level(valueOf(modality, stored));
    return OPAQUE | ((inverted ? WHITE - shown : shown) * 0x010101);
  };
  if (!isWhole || bits > MAX_TABLE_BITS) {
    for (let at = 0; at < samples.length; at += 1) out[at] = grey(samples[at]);
    return;
  }
  const table = tableOf(bits);
  const isSigned = samples instanceof Int8Array || samples instanceof Int16Array || samples instanceof Int32Array;
  const half = isSigned ? table.length / 2 : table.length;
  for (let at = 0; at < table.length; at += 1) table[at] = grey(at < half ? at : at - table.length);
  const mask = table.length - 1;
  for (let at = 0; at < samples.length; at += 1) out[at] = table[samples[at] & mask];
}

function tableOf(bits) {
  if (!tables.has(bits)) tables.set(bits, new Uint32Array(2 ** bits));
  return tables.get(bits);
}

/** What makes grey levels, 0 to 255 and rounded down, of values by a window or a table. NaN is black. */
export function levelsBy(voi) {
  if (voi.lut) return (value) => (entryOf(voi.lut, value) * (WHITE + 1)) >>> voi.lut.bits;
  const { center, width } = voi;
  if (voi.function === "SIGMOID") return (value) => clipped(WHITE / (1 + Math.exp((-4 * (value - center)) / width))); // C.11.2.1.3.1
  const [low, high] = bordersOf(voi);
  const range = high > low ? high - low : TINY;
  return (value) => clipped(((value - low) * WHITE) / range); // multiplied first: the highest value is white exactly
}

/** The values up to which all is black, and from which all is white (PS3.3 C.11.2.1.2.1, C.11.2.1.3.2). */
export function bordersOf({ center, width, function: shape }) {
  if (shape === "LINEAR") return [center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2];
  return [center - width / 2, center + width / 2];
}

const clipped = (level) => (level >= WHITE ? WHITE : level > 0 ? Math.trunc(level) : 0);
