/** What is seen: a frame painted, drawn where the view puts it, with boxes and lengths over it; once a frame of the screen. */
import { Lengths } from "./lengths.js";
import { Painter } from "./painter.js";
import { Surface } from "./surface.js";
import { matrixOf, scaleOf } from "./view.js";

export class Screen {
  boxes = [];
  lengths = new Lengths();
  #viewer;
  #then;
  #surface;
  #painter = new Painter();
  #observer;
  #dirty = { paint: false, draw: false };
  #request = 0;

  /** @param {Viewer} viewer whose picture, state and voi are shown @param {() => void} then called when it was drawn */
  constructor(viewer, canvas, then) {
    this.#viewer = viewer;
    this.#then = then;
    this.#surface = new Surface(canvas);
    this.#observer = new ResizeObserver(() => {
      this.#surface.fit();
      this.draw();
    });
    this.#observer.observe(canvas);
  }

  /** Have the frame painted anew, and drawn. */
  paint() {
    this.#dirty.paint = true;
    this.draw();
  }

  /** Have the frame drawn, as it is painted. */
  draw() {
    this.#dirty.draw = true;
    this.#request ||= requestAnimationFrame(() => this.flush());
  }

  /** Paint and draw at once what is due. */
  flush() {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    const { paint, draw } = this.#dirty;
    if (!draw) return;
    this.#dirty = { paint: false, draw: false };
    const { picture, voi, state } = this.#viewer;
    if (paint && picture) this.#painter.paint(picture, { voi, inverted: state.inverted, overlays: state.overlays });
    const matrix = picture && this.#matrix();
    const marks = { boxes: this.boxes, lengths: this.lengths.of(this.#viewer.number) };
    this.#surface.draw(picture && this.#painter.canvas, matrix, matrix && scaleOf(matrix), marks);
    this.#then();
  }

  /** The painted frame: {width, height, data} of RGBA. */
  pixels() {
    this.flush();
    const { width, height } = this.#painter.canvas;
    return { width, height, data: this.#painter.pixels() };
  }

  /** How large a pixel is shown. */
  get percent() {
    return this.#viewer.picture ? Math.round(100 * scaleOf(this.#matrix())) : 100;
  }

  /** A point of the canvas in pixels of the picture. */
  inPicture = ({ x, y }) => this.#matrix().inverse().transformPoint({ x, y });

  /** A point of the canvas from its middle. */
  fromMiddle({ x, y }) {
    const { width, height } = this.#surface.size;
    return { x: x - width / 2, y: y - height / 2 };
  }

  close() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#request);
  }

  #matrix = () => matrixOf(this.#viewer.state.view, this.#viewer.picture, this.#surface.size);
}
