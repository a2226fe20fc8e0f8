/** The bytes of an object, of which only what is needed passes through memory. */

const BLOCK = 1024 * 1024;

/** A file or blob, read in slices; in a worker, where reading may block. */
export class BlobBytes {
  #blob;
  #reader = new FileReaderSync();

  /** @param {Blob} blob */
  constructor(blob) {
    this.#blob = blob;
    this.size = blob.size;
  }

  /** The bytes from `start` to before `stop`, fewer where the object ends. @returns {Uint8Array} */
  read(start, stop) {
    return new Uint8Array(this.#reader.readAsArrayBuffer(this.#blob.slice(start, stop)));
  }
}

/** Bytes that are in memory already. */
export class MemoryBytes {
  #data;

  /** @param {Uint8Array} data */
  constructor(data) {
    this.#data = data;
    this.size = data.length;
  }

  /** As BlobBytes does; shares memory. */
  read(start, stop) {
    return this.#data.subarray(Math.max(start, 0), Math.max(stop, 0));
  }
}

/** Whole numbers at offsets of some bytes, by way of a block that holds what lies next to them too. */
export class Cursor {
  #bytes;
  #begin = 0;
  #block = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  /** @param {BlobBytes | MemoryBytes} bytes @param {boolean} littleEndian */
  constructor(bytes, littleEndian = true) {
    this.#bytes = bytes;
    this.littleEndian = littleEndian;
    this.size = bytes.size;
  }

  /** Up to `length` bytes from an offset; shared, not to be written to. */
  take(at, length) {
    const from = this.#seek(at, length);
    return this.#block.subarray(from, from + length);
  }

  /** The 16-bit word at an offset. @throws {RangeError} past the end */
  u16(at) {
    const from = this.#seek(at, 2); // first: it may bring another view
    return this.#view.getUint16(from, this.littleEndian);
  }

  /** The 32-bit word at an offset. @throws {RangeError} past the end */
  u32(at) {
    const from = this.#seek(at, 4); // first: it may bring another view
    return this.#view.getUint32(from, this.littleEndian);
  }

  #seek(at, length) {
    const from = at - this.#begin;
    if (from >= 0 && from + length <= this.#block.length) return from;
    this.#begin = at;
    this.#block = this.#bytes.read(at, Math.min(at + Math.max(length, BLOCK), this.size));
    this.#view = new DataView(this.#block.buffer, this.#block.byteOffset, this.#block.length);
    return 0;
  }
}

/** Bytes as text, each its own character. */
export function latin(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
