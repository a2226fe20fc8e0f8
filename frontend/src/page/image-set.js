/** An image set as a viewer takes it: the frames of each series as a stack, fetched as they are wanted. */
import { fromBase64 } from "./api.js";
import { asProblem } from "./problem.js";

const MAX_BYTES = 64 * 1024 * 1024;
const AT_ONCE = 4;
const AHEAD = [1, 2, 3, 4, 5, 6, -1, -2];
const TRIES = 3;
/** Transfer syntaxes that HealthImaging encodes frames in: its checksums are of what they are decoded to. */
const ENCODED = new Set(["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"]);

/** The beginning of an instance's DICOM file, up to its frames; the whole file where it has none. */
export function beginningOf(instance) {
  return new Blob([fromBase64(instance.header)], { type: "application/dicom" });
}

/** The frames of a series, all instances one after the other; those without frames or header are left out. */
export class SeriesStack {
  #fetch;
  #places = [];
  #objects = new Map();
  #kept = new Map(); // bytes by number, those used last at the end
  #asked = new Map();
  #size = 0;
  #queue = [];
  #stop = new AbortController();

  /** `fetch(frameId, signal)` gives the bytes of a frame. */
  constructor(series, fetch) {
    this.#fetch = fetch;
    for (const instance of series.instances) {
      if (!instance.header) continue;
      for (const at of instance.frames.keys()) this.#places.push({ instance, at });
    }
  }

  get frames() {
    return this.#places.length;
  }

  /** The number of an instance's first frame, from 1; 0 where it is not in the stack. */
  numberOf(instance) {
    return this.#places.findIndex((place) => place.instance === instance) + 1;
  }

  /** Whose frame a number is: `{instance, at}`, `at` from 0. */
  at(number) {
    return this.#places[number - 1];
  }

  /** A frame, as the viewer's worker takes it. Throws a Problem. */
  async frame(number) {
    const { instance, at } = this.at(number);
    const data = await this.#bytes(number);
    const { checksum: crc32 } = instance.frames[at];
    const checksum = crc32 === null ? undefined : { crc32, ofStored: !ENCODED.has(instance.storedTransferSyntaxUID) };
    return { object: this.#object(instance), number: at + 1, data, checksum };
  }

  /** Fetch what lies around a number, and nothing else of what was not begun yet. */
  ahead(number) {
    this.#queue = AHEAD.map((step) => number + step).filter((one) => this.at(one));
    this.#pump();
  }

  /** Fetch no more. */
  close() {
    this.#stop.abort();
  }

  #object(instance) {
    let object = this.#objects.get(instance);
    if (!object) this.#objects.set(instance, (object = { key: instance.SOPInstanceUID, blob: beginningOf(instance) }));
    return object;
  }

  #bytes(number) {
    const kept = this.#kept.get(number);
    if (kept) return kept;
    if (!this.#asked.has(number)) {
      const { instance, at } = this.at(number);
      const asked = this.#tried(instance.frames[at].frameId).then((data) => this.#keep(number, data));
      this.#asked.set(number, asked);
      asked.catch(() => {}).finally(() => {
        this.#asked.delete(number);
        this.#pump();
      });
    }
    return this.#asked.get(number);
  }

  async #tried(frameId) {
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return await this.#fetch(frameId, this.#stop.signal);
      } catch (error) {
        const problem = asProblem(error);
        if (!left || !problem.passes) throw problem;
        await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** (TRIES - left)));
      }
    }
  }

  #pump() {
    while (this.#queue.length && this.#asked.size < AT_ONCE && !this.#stop.signal.aborted) {
      const number = this.#queue.shift();
      if (!this.#kept.has(number) && !this.#asked.has(number)) this.#bytes(number).catch(() => {});
    }
  }

  #keep(number, data) {
    this.#kept.set(number, data);
    this.#size += data.length;
    for (const [oldest, one] of this.#kept) {
      if (this.#size <= MAX_BYTES || oldest === number) break;
      this.#kept.delete(oldest);
      this.#size -= one.length;
    }
    return data;
  }
}
