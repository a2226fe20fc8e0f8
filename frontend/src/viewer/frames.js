/** The decoded frames of an object, of which those used last are kept within a bound of memory. */

const MAX_BYTES = 256 * 1024 * 1024;

/** Frames by number, each asked for once. */
export class Frames {
  #ask;
  #kept = new Map(); // by number, the one used last at the end
  #asked = new Map();
  #bytes = 0;

  /** @param {(number: number) => Promise<Picture>} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /** The frame if it is there. */
  kept(number) {
    const found = this.#kept.get(number);
    if (found) {
      this.#kept.delete(number);
      this.#kept.set(number, found);
    }
    return found;
  }

  /** The frame, decoded if it has to be. @returns {Promise<Picture>} */
  async get(number) {
    const kept = this.kept(number);
    if (kept) return kept;
    if (!this.#asked.has(number)) {
      const asked = this.#ask(number).then((picture) => this.#keep(number, picture));
      this.#asked.set(number, asked);
      asked.catch(() => {}).finally(() => this.#asked.delete(number));
    }
    return this.#asked.get(number);
  }

  /** Decode the neighbours of a frame, while nothing else is asked for. */
  async prefetch(numbers) {
    for (const number of numbers) {
      if (this.#asked.size) return;
      if (!this.#kept.has(number)) await this.get(number).catch(() => {});
    }
  }

  #keep(number, picture) {
    this.#kept.set(number, picture);
    this.#bytes += sizeOf(picture);
    for (const [oldest, one] of this.#kept) {
      if (this.#bytes <= MAX_BYTES || oldest === number) break;
      this.#kept.delete(oldest);
      this.#bytes -= sizeOf(one);
    }
    return picture;
  }
}

const sizeOf = ({ samples, rgba, overlays }) =>
  (samples?.byteLength ?? 0) + (rgba?.byteLength ?? 0) + overlays.reduce((total, one) => total + one.mask.byteLength, 0);
