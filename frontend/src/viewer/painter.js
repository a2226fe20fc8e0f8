/** The picture in its own pixels, on a canvas that is never shown as it is. */
import { paintGrey } from "./grey.js";

/** Paints frames; keeps one canvas and one buffer as long as their size stays. */
export class Painter {
  canvas = document.createElement("canvas");
  #context = this.canvas.getContext("2d", { willReadFrequently: true });
  #image = null;
  #words = null;

  /** Paint a frame as `how` says: {voi, inverted, overlays}. @param {Picture} picture */
  paint(picture, { voi, inverted, overlays }) {
    if (picture.bitmap) return this.#show(picture.bitmap, inverted);
    this.#size(picture.columns, picture.rows);
    if (picture.rgba) this.#copy(picture.rgba, inverted);
    else paintGrey(picture, voi, picture.inverted !== inverted, this.#words);
    if (overlays) for (const overlay of picture.overlays) this.#overlay(overlay);
    this.#context.putImageData(this.#image, 0, 0);
  }

  /** Paint what the browser has decoded itself. @param {ImageBitmap} bitmap */
  #show(bitmap, inverted) {
    [this.canvas.width, this.canvas.height] = [bitmap.width, bitmap.height];
    this.#image = null;
    this.#context.filter = inverted ? "invert(1)" : "none";
    this.#context.drawImage(bitmap, 0, 0);
    this.#context.filter = "none";
  }

  /** The pixels as they were painted: RGBA. */
  pixels() {
    return this.#context.getImageData(0, 0, this.canvas.width, this.canvas.height).data;
  }

  #size(columns, rows) {
    if (this.#image?.width === columns && this.#image.height === rows) return;
    [this.canvas.width, this.canvas.height] = [columns, rows];
    this.#image = new ImageData(columns, rows);
    this.#words = new Uint32Array(this.#image.data.buffer);
  }

  #copy(rgba, inverted) {
    this.#image.data.set(rgba);
    if (inverted) for (let at = 0; at < this.#words.length; at += 1) this.#words[at] ^= 0x00ffffff;
  }

  #overlay({ mask, rows, columns, top, left }) {
    const { width, height } = this.#image;
    for (let row = Math.max(0, -top); row < rows && top + row < height; row += 1) {
      for (let column = Math.max(0, -left); column < columns && left + column < width; column += 1) {
        if (mask[row * columns + column]) this.#words[(top + row) * width + left + column] = 0xffffffff;
      }
    }
  }
}
