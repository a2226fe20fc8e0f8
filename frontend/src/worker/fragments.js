/** The frames of encapsulated pixel data (PS3.5 A.4): by an offset table, or by walking from fragment to fragment. */
import { Cursor } from "./bytes.js";
import { beginsCodestream } from "./codestream.js";
import { MAX_FRAME_BYTES } from "./description.js";
import { longWords } from "./elements.js";
import { Refusal } from "./refusal.js";
import { ONE_FRAGMENT_A_FRAME } from "./syntaxes.js";
import { Tag } from "./tags.js";
import { ITEM, UNDEFINED } from "./walk.js";

/** The fragments of one pixel data element, of which frames are fetched one at a time. */
export class Fragments {
  #bytes;
  #cursor;
  #dataSet;
  #family;
  #frames;
  #tableAt;
  #starts = []; // of frames that a walk has passed

  /** @param {Parsed} parsed @param {string} family @param {number} frames */
  constructor(parsed, family, frames) {
    this.#bytes = parsed.bytes;
    this.#cursor = new Cursor(parsed.bytes);
    this.#dataSet = parsed.dataSet;
    this.#tableAt = parsed.pixels.at;
    this.#family = family;
    this.#frames = frames;
  }

  /** The fragments of frame `number`, from 1, joined. @returns {Uint8Array} @throws {Refusal} */
  frame(number) {
    const length = this.#item(this.#tableAt);
    if (length === null) throw new Refusal("truncated", "The pixel data have no offset table, and so no fragment.");
    const first = this.#tableAt + 8 + length;
    if (this.#frames === 1) return this.#joined(first, this.#bytes.size);
    const extended = this.#extended(number, first);
    if (extended && this.#item(extended[0]) === extended[1] - extended[0] - 8) return this.#joined(...extended);
    const basic = this.#basic(number, first, length);
    if (basic && this.#item(basic[0]) !== null) return this.#joined(...basic);
    return this.#walked(number, first);
  }

  /** A frame's span by the Extended Offset Table (PS3.3 C.7.6.3.1.8). */
  #extended(number, first) {
    const offsets = longWords(this.#dataSet, Tag.ExtendedOffsetTable);
    const lengths = longWords(this.#dataSet, Tag.ExtendedOffsetTableLengths);
    if (offsets.length !== this.#frames || lengths.length !== this.#frames) return null;
    const [start, length] = [first + offsets[number - 1], lengths[number - 1]];
    return this.#within(start, start + 8 + length + (length % 2));
  }

  /** A frame's span by the Basic Offset Table (PS3.5 A.4); null where that is absent, or not in order. */
  #basic(number, first, length) {
    if (length !== 4 * this.#frames) return null;
    const entry = (index) => this.#cursor.u32(this.#tableAt + 8 + 4 * index);
    const begin = Math.max(number - 2, 0);
    const end = Math.min(number + 1, this.#frames);
    if (this.#tableAt + 8 + 4 * end > this.#bytes.size) return null;
    for (let index = begin; index + 1 < end; index += 1) if (entry(index) >= entry(index + 1)) return null;
    const start = entry(number - 1);
    if (number === 1 && start !== 0) return null;
    return this.#within(first + start, number < this.#frames ? first + entry(number) : this.#bytes.size);
  }

  #within(start, stop) {
    return start + 8 <= stop && stop <= this.#bytes.size ? [start, stop] : null;
  }

  /** A frame found without a table: it begins with its number's codestream, or is that fragment of all. */
  #walked(number, first) {
    const starts = this.#starts;
    if (starts.length <= number) {
      const from = starts.at(-1) ?? first;
      for (const [at, length] of this.#fragments(from, this.#bytes.size)) {
        if (starts.length && at === from) continue;
        const start = this.#cursor.take(at + 8, Math.min(length, 8));
        if (at !== first && !ONE_FRAGMENT_A_FRAME.has(this.#family) && !beginsCodestream(start)) continue;
        starts.push(at);
        if (starts.length > number) break;
      }
    }
    if (starts.length < number) {
      throw new Refusal("truncated", `The pixel data have ${starts.length} frames, NumberOfFrames says ${this.#frames}.`);
    }
    return this.#joined(starts[number - 1], starts[number] ?? this.#bytes.size);
  }

  #joined(start, stop) {
    const spans = [];
    let total = 0;
    for (const [at, length] of this.#fragments(start, stop)) {
      total += length;
      if (total > MAX_FRAME_BYTES) throw new Refusal("too-large", "The encoded frame has more bytes than are read.");
      if (length) spans.push([at + 8, length]);
    }
    if (!total) throw new Refusal("truncated", "The frame has no bytes.");
    const data = new Uint8Array(total);
    let filled = 0;
    for (const [at, length] of spans) {
      data.set(this.#bytes.read(at, at + length), filled);
      filled += length;
    }
    return data;
  }

  /** Offset and length of each fragment from an offset to before another or the delimiter. */
  *#fragments(at, stop) {
    for (let length; at < stop && (length = this.#item(at)) !== null; at += 8 + length) {
      if (at + 8 + length > this.#bytes.size) {
        throw new Refusal("truncated", `A fragment of ${length} bytes runs past the end of the file: it was cut off.`);
      }
      yield [at, length];
    }
  }

  /** The length of the item at an offset; null at the delimiter, at the object's end and where none is. */
  #item(at) {
    if (!(at >= 0 && at <= this.#bytes.size - 8)) return null;
    const tag = ((this.#cursor.u16(at) << 16) | this.#cursor.u16(at + 2)) >>> 0;
    const length = this.#cursor.u32(at + 4);
    return tag === ITEM && length !== UNDEFINED ? length : null;
  }
}
