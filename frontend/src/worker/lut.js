/** Lookup tables: descriptor and data of modality, VOI and palette LUTs (PS3.3 C.11.1, C.7.6.3.1.5). */
import { numbers, words } from "./elements.js";
import { Tag } from "./tags.js";

const MAX_ENTRIES = 65_536;

/**
 * A table: `entries` from input `first`, each of `bits` bits; inputs outside take the nearest entry.
 *
 * @typedef {{entries: Uint16Array, first: number, bits: number}} Lut
 */

/** The entry of a value, which is rounded down to a whole one. */
export function entryOf({ entries, first }, value) {
  const index = Math.floor(Number.isNaN(value) ? 0 : value) - first;
  return entries[Math.min(Math.max(index, 0), entries.length - 1)];
}

/** The table of an item of a Modality or VOI LUT Sequence; null where it is unusable. @returns {Lut | null} */
export const lutOf = (item, signed) => table(numbers(item, Tag.LUTDescriptor), words(item, Tag.LUTData), signed);

/** The table that a descriptor (entries, first mapped value, bits) and its data make; null where they make none. */
export function table(descriptor, data, signed) {
  if (descriptor.length !== 3) return null;
  let [count, first, bits] = descriptor.map(Math.trunc);
  count = count & 0xffff || MAX_ENTRIES; // 0 stands for 65536
  if (first > 0x7fff && signed) first -= 0x10000; // written as US, meant as SS
  if (bits === 8 && data.length === Math.floor((count + 1) / 2) && data.length < count) {
    data = Uint16Array.from(new Uint8Array(data.buffer, data.byteOffset, 2 * data.length)); // two 8-bit entries a word
  }
  const entries = data.slice(0, count);
  if (!entries.length || bits < 1 || bits > 16) return null;
  const highest = entries.reduce((most, entry) => Math.max(most, entry), 0);
  return { entries, first, bits: Math.max(bits, 32 - Math.clz32(highest)) }; // some declare fewer bits than they use
}
