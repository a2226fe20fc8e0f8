/** The place where pictures are shown: a viewer that is made when the first picture comes. */
import { createViewer } from "../viewer/index.js";
import { h } from "./dom.js";

/** One viewer, and what it shows now: `shown`, the answer of its `open`, or null. */
export class Stage {
  element = h("div", { class: "stage" });
  shown = null;
  #viewer = null;
  #turn = 0;

  /**
   * Show a file: what the viewer says of it, or null where another file was shown meanwhile. `options` are the viewer's:
   * `name`, `serverPicture`.
   */
  async show(blob, options) {
    const turn = (this.#turn += 1);
    this.shown = null;
    this.#viewer ??= createViewer(this.element);
    this.#viewer.setBoxes([]);
    const shown = await this.#viewer.open(blob, options);
    if (turn !== this.#turn) return null;
    this.shown = shown;
    return shown;
  }

  setBoxes(boxes) {
    this.#viewer?.setBoxes(boxes);
  }

  /** Show nothing. */
  clear() {
    this.#turn += 1;
    this.shown = null;
    this.#viewer?.close();
  }
}
