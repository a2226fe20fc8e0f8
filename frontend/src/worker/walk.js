/**
 * The elements of a data set (PS3.5 7), by the rules that the server reads by: every declared length must fit its
 * parent and the object, and depth and number are bounded. A VR that is absent or switched is seen by its letters.
 */
import { latin } from "./bytes.js";
import { DataSet, written } from "./dataset.js";
import { Refusal } from "./refusal.js";

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 600_000;
const COST = 5; // of an item, or an element of the data set itself: each is an object to keep
export const UNDEFINED = 0xffffffff;
export const [ITEM, ITEM_END, SEQUENCE_END] = [0xfffee000, 0xfffee00d, 0xfffee0dd];
const LONG = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const VRS = new Set([...LONG, ..."AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" ")]);

/** Whether two letters are a VR of the standard. */
export const isVr = (letters) => VRS.has(letters);

/** Whether the data set at an offset has no VRs, whatever was declared, by its first element. */
export function isReallyImplicit(cursor, at, otherwise) {
  const start = cursor.take(at, 6);
  const isLetter = (byte) => byte > 0x40 && byte < 0x5b;
  return start.length < 6 ? otherwise : !(isLetter(start[4]) && isLetter(start[5]));
}

/** One walk over elements, which says what it found in `dataSet` and `stopped`. */
export class Walk {
  #cursor;
  #isSequenceTag;
  #count = 0;

  /**
   * @param {Cursor} cursor
   * @param {(tag: number) => boolean} isSequenceTag what elements without VR the dictionary has as sequences
   */
  constructor(cursor, isSequenceTag) {
    this.#cursor = cursor;
    this.#isSequenceTag = isSequenceTag;
  }

  /**
   * Read from `start` to the first own element for whose tag `stops` is true.
   *
   * @returns {{dataSet: DataSet, stopped: Element | null, end: number}} @throws {Refusal}
   */
  until(stops, start, declaredImplicit) {
    const cursor = this.#cursor;
    const dataSet = new DataSet(cursor, isReallyImplicit(cursor, start, declaredImplicit));
    let at = start;
    while (at + 8 <= cursor.size || (at < cursor.size && cursor.take(at, 8).some(Boolean))) {
      const element = this.#element(at, dataSet.implicit);
      if (stops(element.tag)) return { dataSet, stopped: element, end: at };
      this.#add(COST);
      at = this.#value(element, dataSet, cursor.size, 0);
      if (!dataSet.elements.has(element.tag)) dataSet.elements.set(element.tag, element); // of two, the first counts
    }
    return { dataSet, stopped: null, end: at };
  }

  #element(at, implicit) {
    const cursor = this.#cursor;
    if (at + 8 > cursor.size) throw cut(cursor.size, at);
    const tag = ((cursor.u16(at) << 16) | cursor.u16(at + 2)) >>> 0;
    if (!implicit && tag >>> 16 !== 0xfffe) {
      const vr = latin(cursor.take(at + 4, 2));
      if (LONG.has(vr)) {
        if (at + 12 > cursor.size) throw cut(cursor.size, at);
        return { tag, vr, length: cursor.u32(at + 8), at: at + 12 };
      }
      if (/^[A-Z]{2}$/.test(vr)) return { tag, vr, length: cursor.u16(at + 6), at: at + 8 };
    }
    return { tag, vr: "", length: cursor.u32(at + 4), at: at + 8 };
  }

  /** Pass the value of an element, and read the items that it has; returns the offset after it. */
  #value(element, parent, limit, depth) {
    if (element.tag >>> 16 === 0xfffe) {
      throw new Refusal("malformed", `an item or delimiter at ${element.at - 8} stands outside any sequence`);
    }
    this.#mustFit(element, limit);
    const isOpen = element.length === UNDEFINED;
    const end = isOpen ? null : element.at + element.length;
    if (end !== null && element.vr !== "SQ" && element.vr !== "") return end;
    if (this.#isSequence(element, isOpen)) return this.#items(element, parent, end, limit, depth);
    return isOpen ? this.#fragments(element, limit) : end;
  }

  #isSequence(element, isOpen) {
    if (element.vr === "SQ" || (element.vr === "" && this.#isSequenceTag(element.tag))) return true;
    return isOpen && ["", "UN"].includes(element.vr) && this.#element(element.at, true).tag === ITEM;
  }

  #items(element, parent, end, limit, depth) {
    if (depth >= MAX_DEPTH) throw new Refusal("malformed", `sequences are nested more than ${MAX_DEPTH} deep`);
    element.items = [];
    let at = element.at;
    while (end === null || at < end) {
      const item = this.#element(at, true);
      if (item.tag === SEQUENCE_END) {
        element.length = at - element.at;
        return item.at;
      }
      if (item.tag !== ITEM) {
        throw new Refusal("malformed", `the sequence has ${written(item.tag)} at ${at} where an item must be`);
      }
      this.#add(COST);
      this.#mustFit(item, end ?? limit);
      const implicit = parent.implicit || isReallyImplicit(this.#cursor, item.at, false);
      const dataSet = new DataSet(this.#cursor, implicit);
      element.items.push(dataSet);
      at = item.length ? this.#item(item, dataSet, end ?? limit, depth) : item.at;
    }
    return at;
  }

  #item(item, dataSet, limit, depth) {
    const end = item.length === UNDEFINED ? null : item.at + item.length;
    let at = item.at;
    while (end === null || at < end) {
      const element = this.#element(at, dataSet.implicit);
      this.#add(1);
      if (element.tag === ITEM_END) return element.at;
      at = this.#value(element, dataSet, end ?? limit, depth + 1);
      dataSet.elements.set(element.tag, element);
    }
    return at;
  }

  /** The offset after an encapsulated value of undefined length (PS3.5 A.4). */
  #fragments(element, limit) {
    element.fragmented = true;
    let at = element.at;
    for (;;) {
      const fragment = this.#element(at, true);
      if (fragment.tag === SEQUENCE_END) {
        element.length = at - element.at;
        return fragment.at;
      }
      if (fragment.tag !== ITEM || fragment.length === UNDEFINED) {
        throw new Refusal("malformed", `a value of undefined length has neither a fragment nor its delimiter at ${at}`);
      }
      this.#mustFit(fragment, limit);
      this.#add(1);
      at = fragment.at + fragment.length;
    }
  }

  #mustFit(element, limit) {
    const end = element.at + element.length;
    if (element.length === UNDEFINED || end <= limit) return;
    const declared = `${written(element.tag)} declares ${element.length} bytes from ${element.at}`;
    if (end > this.#cursor.size) throw new Refusal("truncated", `${declared}, the object ends at ${this.#cursor.size}`);
    throw new Refusal("malformed", `${declared}, its sequence ends at ${limit}`);
  }

  #add(cost) {
    this.#count += cost;
    if (this.#count > MAX_ELEMENTS) throw new Refusal("too-large", "the header has more elements than are read of one");
  }
}

const cut = (size, at) =>
  new Refusal("truncated", `the object ends at byte ${size}, inside the element that begins at ${at}`);
