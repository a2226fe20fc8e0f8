/** A data set: its elements by tag, and the bytes that their values lie in. */
export class DataSet {
  /** @type {Map<number, Element>} */
  elements = new Map();

  /** @param {Cursor} cursor @param {boolean} implicit whether its elements have no VR of their own */
  constructor(cursor, implicit) {
    this.cursor = cursor;
    this.implicit = implicit;
  }

  get littleEndian() {
    return this.cursor.littleEndian;
  }

  /** The element of a tag, undefined where it is absent. */
  get(tag) {
    return this.elements.get(tag);
  }

  /** The bytes of an element's value, at most `limit` of them. @returns {Uint8Array} */
  value(element, limit = Infinity) {
    return this.cursor.take(element.at, Math.min(element.length, limit));
  }
}

/**
 * One element: `vr` is "" where it is implicit, `at` the offset of its value, `length` its bytes.
 * `items` are a sequence's data sets; `fragmented` an encapsulated value.
 *
 * @typedef {{tag: number, vr: string, at: number, length: number, items?: DataSet[], fragmented?: boolean}} Element
 */

/** A tag as the standard writes it: (0028,0010). */
export const written = (tag) => {
  const digits = (tag >>> 0).toString(16).toUpperCase().padStart(8, "0");
  return `(${digits.slice(0, 4)},${digits.slice(4)})`;
};
