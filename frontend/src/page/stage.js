/** The place where pictures are shown: a viewer that is made when the first picture comes. */
import { createViewer } from "../viewer/index.js";
import { h } from "./dom.js";
import { patientDataShown } from "./patient.js";

/** One viewer, and what it shows now: `shown`, the answer of its `open`, or null. */
export class Stage {
  element = h("div", { class: "stage" });
  shown = null;
  #viewer = null;

  constructor() {
    patientDataShown.follow((shown) => this.#reveal(shown));
  }

  /**
   * Show a file: what the viewer says of it, or null where another file was shown meanwhile. `options` are the viewer's:
   * `name`, `serverPicture`. Without a blob the service's picture is shown, of `options.frames`.
   */
  async show(blob, options) {
    this.shown = null;
    const viewer = (this.#viewer ??= this.#made());
    const shown = await (blob ? viewer.open(blob, options) : viewer.openServerPicture(options));
    if (shown.kind === "closed") return null;
    this.shown = shown;
    return shown;
  }

  /** Show the frames of several objects as a stack, from `number` on; else as `show`. `options` has `onFrame` too. */
  async showStack(stack, options) {
    this.shown = null;
    const viewer = (this.#viewer ??= this.#made());
    const shown = await viewer.openStack(stack, options);
    if (shown.kind === "closed") return null;
    this.shown = shown;
    return shown;
  }

  /** Go to a frame of what is shown. */
  go(number) {
    this.#viewer?.go(number);
  }

  /** Draw boxes over the picture: the viewer's, `{box, label, tone}`. */
  setBoxes(boxes) {
    this.element.dataset.boxes = boxes.length;
    this.#viewer?.setBoxes(boxes);
  }

  /** Show nothing. */
  clear() {
    this.#viewer?.close();
    this.#viewer = this.shown = null;
  }

  /** A viewer whose switch for patient data is the page's. */
  #made() {
    const viewer = createViewer(this.element);
    this.#toggle = viewer.toggle.bind(viewer);
    viewer.toggle = (what) => {
      if (what === "patient") patientDataShown.value = !patientDataShown.value;
      else this.#toggle(what);
    };
    this.#viewer = viewer;
    this.#reveal(patientDataShown.value);
    return viewer;
  }
  #toggle = null;

  #reveal(shown) {
    if (this.#viewer && this.#viewer.state.patient !== shown) this.#toggle("patient");
  }
}
