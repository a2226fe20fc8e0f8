/** PALETTE COLOR: indices -> RGBA (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9). */
import { numbers, words } from "./elements.js";
import { entryOf, table } from "./lut.js";
import { Refusal } from "./refusal.js";
import { Tag } from "./tags.js";

const MAX_ENTRIES = 65_536;
const [DISCRETE, LINEAR, INDIRECT] = [0, 1, 2];

/** Indices -> RGBA of 8 bits. @throws {Refusal} where a palette is absent */
export function rgbaOfIndices(indices, dataSet, signed) {
  const luts = ["Red", "Green", "Blue"].map((colour) => lutOf(dataSet, colour, signed));
  // Entries that are 8-bit colours all, whatever the descriptor says.
  if (luts.every((lut) => lut.entries.every((entry) => entry <= 0xff))) luts.forEach((lut) => (lut.bits = 8));
  const rgba = new Uint8ClampedArray(4 * indices.length);
  for (let at = 0; at < indices.length; at += 1) {
    for (let colour = 0; colour < 3; colour += 1) {
      rgba[4 * at + colour] = (entryOf(luts[colour], indices[at]) >> (luts[colour].bits - 8)) & 0xff;
    }
    rgba[4 * at + 3] = 255;
  }
  return rgba;
}

function lutOf(dataSet, colour, signed) {
  const descriptor = numbers(dataSet, Tag[`${colour}PaletteColorLookupTableDescriptor`], signed);
  let data = words(dataSet, Tag[`${colour}PaletteColorLookupTableData`]);
  if (!data.length) {
    const segments = words(dataSet, Tag[`Segmented${colour}PaletteColorLookupTableData`]);
    const isBytes = descriptor[2] === 8;
    data = Uint16Array.from(expanded(isBytes ? new Uint8Array(segments.buffer) : segments, isBytes ? 8 : 16));
  }
  const lut = table(descriptor, data, signed);
  if (!lut) throw new Refusal("undecodable", `The ${colour.toLowerCase()} palette is absent, or its descriptor does not fit.`);
  return { ...lut, bits: Math.max(lut.bits, 8) };
}

/** The entries that the words of a segmented table stand for (PS3.3 C.7.9.2), of so many bits each. */
function expanded(segments, bits) {
  const state = { entries: [], count: 0 };
  let at = 0;
  while (at + 1 < segments.length) {
    if (segments[at] !== INDIRECT) {
      at = append(segments, at, state);
      continue;
    }
    const offset = at + 2;
    at = offset + 32 / bits;
    let target = 0;
    for (let place = at - 1; place >= offset; place -= 1) target = target * 2 ** bits + (segments[place] ?? 0);
    if (at > segments.length) target = at;
    for (let copies = segments[offset - 1]; copies > 0; copies -= 1) target = append(segments, target, state);
  }
  return state.entries;
}

/** Append what the discrete or linear segment at an offset stands for; returns the offset of the next. */
function append(segments, at, state) {
  const [opcode, length] = at + 1 < segments.length ? [segments[at], segments[at + 1]] : [null, 0];
  const values = segments.slice(at + 2, at + 2 + (opcode === DISCRETE ? length : 1));
  const { entries } = state;
  state.count += 1;
  if (Math.max(entries.length + length, state.count) > MAX_ENTRIES) {
    throw new Refusal("undecodable", `A segmented palette has more than ${MAX_ENTRIES} segments or entries.`);
  }
  if (opcode === DISCRETE && values.length === length) {
    for (const value of values) entries.push(value);
  } else if (opcode === LINEAR && values.length && entries.length) {
    const [start, stop] = [entries.at(-1), values[0]];
    for (let step = 1; step <= length; step += 1) entries.push(rounded(start + ((stop - start) * step) / length));
  } else {
    throw new Refusal("undecodable", `A segmented palette has an invalid segment at ${at}.`);
  }
  return at + 2 + values.length;
}

/** To the nearest whole number, of two the even one, as the server rounds. */
function rounded(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2) ? below + 1 : below;
}
