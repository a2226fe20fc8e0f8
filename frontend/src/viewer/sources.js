/**
 * What frames come from: the worker, the browser's own decoders, or the server. Each has `frames` and `summary`, and
 * `frame(number, window)`, which gives a picture to paint.
 */
import { Frames } from "./frames.js";

const KINDS = [
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

/** The media type of a picture that browsers show, by its first bytes; undefined of anything else. */
export async function plainKind(blob) {
  const start = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  return KINDS.find(([, bytes]) => bytes.every((byte, at) => start[at] === byte))?.[0];
}

/** Frames that the worker decodes. */
export class WorkerSource {
  isServers = false;
  #frames;

  /** @param {Client} client @param {object} summary */
  constructor(client, summary) {
    this.summary = summary;
    this.frames = summary.frames;
    this.#frames = new Frames((number) => client.frame(number));
  }

  frame(number) {
    return this.#frames.get(number);
  }

  /** The frame if it is decoded already. */
  kept(number) {
    return this.#frames.kept(number);
  }

  /** Decode what will likely be asked for next. */
  prefetch(number) {
    const near = [1, 2, 3, -1].map((step) => number + step).filter((one) => one >= 1 && one <= this.frames);
    this.#frames.prefetch(near);
  }
}

/**
 * Frames of several objects, one after the other, whose bytes are fetched when they are wanted: `stack` has `frames`,
 * `frame(number)`, which gives what Client.frameOf takes, and `ahead(number)`, which hears what is shown.
 */
export class StackSource {
  isServers = false;
  #stack;
  #frames;

  /** @param {Client} client */
  constructor(client, stack) {
    this.#stack = stack;
    this.frames = stack.frames;
    this.#frames = new Frames(async (number) => {
      const wanted = await stack.frame(number);
      return { ...(await client.frameOf(wanted)), object: wanted.object };
    });
  }

  frame(number) {
    return this.#frames.get(number);
  }

  /** The frame if it is decoded already. */
  kept(number) {
    return this.#frames.kept(number);
  }

  /** Fetch what will likely be asked for next, and decode the nearest of it. */
  prefetch(number) {
    this.#stack.ahead(number);
    const near = [1, 2, 3, -1].map((step) => number + step).filter((one) => one >= 1 && one <= this.frames);
    this.#frames.prefetch(near);
  }
}

/** A JPEG, PNG or GIF. */
export class PlainSource {
  isServers = false;
  frames = 1;
  #picture;

  /** @param {ImageBitmap} bitmap @param {string} kind */
  constructor(bitmap, kind) {
    this.#picture = pictureOf(bitmap, 1);
    const transferSyntax = kind.slice("image/".length).toUpperCase();
    this.summary = { frames: 1, rows: bitmap.height, columns: bitmap.width, transferSyntax, modality: "", patient: {} };
  }

  async frame() {
    return this.#picture;
  }
}

/** Frames as the server draws them, with a window or the object's own. */
export class ServerSource {
  isServers = true;
  #draw;

  /** @param {(wanted: {frame: number, center?: number, width?: number}) => Promise<Blob>} draw */
  constructor(draw, summary, isInPlace = false) {
    this.#draw = draw;
    this.isInPlace = isInPlace; // of what the browser could not decode
    this.summary = summary;
    this.frames = summary.frames;
  }

  async frame(number, window) {
    const blob = await this.#draw({ frame: number, center: window?.center, width: window?.width });
    const bitmap = await createImageBitmap(blob);
    const isRaw = bitmap.width === this.summary.columns && bitmap.height === this.summary.rows;
    return pictureOf(bitmap, isRaw ? (this.summary.aspect ?? 1) : 1, number);
  }
}

function pictureOf(bitmap, aspect, number = 1) {
  const { width: columns, height: rows } = bitmap;
  return { number, bitmap, columns, rows, aspect, overlays: [], spacing: null, warnings: [] };
}
