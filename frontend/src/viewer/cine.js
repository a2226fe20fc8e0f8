/** The bar of frames: a slider, play, and how fast. */
import { drawing, make } from "./dom.js";

const PLAY = "M7 4l13 8-13 8z";
const PAUSE = "M8 5v14M16 5v14";

/** Plays frames one after the other, none before it is decoded. */
export class Cine {
  #viewer;
  #timer = 0;
  #due = 0;
  isPlaying = false;

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    this.button = make("button", { type: "button", class: "viewer-tool", title: "Play (c)", onclick: () => this.toggle() });
    this.slider = make("input", {
      type: "range", class: "viewer-slider", min: "1", value: "1", step: "1", "aria-label": "Frame",
      oninput: () => viewer.go(Number(this.slider.value)),
    });
    this.count = make("output", { class: "viewer-count" });
    this.rate = make("input", { type: "number", class: "viewer-rate", min: "1", max: "60", value: "15", "aria-label": "Frames per second" });
    const rate = make("label", { class: "viewer-per-second" }, this.rate, "fps");
    this.element = make("div", { class: "viewer-frames", hidden: true }, this.button, this.slider, this.count, rate);
    this.#show();
  }

  /** Begin with an object of so many frames. */
  begin(frames, framesPerSecond) {
    this.stop();
    this.element.hidden = frames < 2;
    this.slider.max = String(frames);
    this.rate.value = String(Math.round(framesPerSecond ?? 15));
  }

  /** Show where it is. */
  at(number, frames) {
    this.slider.value = String(number);
    this.slider.setAttribute("aria-valuetext", `frame ${number} of ${frames}`);
    this.count.textContent = `${number} / ${frames}`;
  }

  toggle() {
    if (this.isPlaying) return this.stop();
    this.isPlaying = true;
    this.#due = performance.now();
    this.#show();
    this.#next();
  }

  stop() {
    clearTimeout(this.#timer);
    this.isPlaying = false;
    this.#show();
  }

  #next() {
    const viewer = this.#viewer;
    const rate = Math.min(Math.max(Number(this.rate.value) || 15, 1), 60);
    this.#due = Math.max(this.#due + 1000 / rate, performance.now());
    this.#timer = setTimeout(async () => {
      await viewer.go((viewer.number % viewer.frames) + 1);
      if (this.isPlaying) this.#next();
    }, this.#due - performance.now());
  }

  #show() {
    const label = this.isPlaying ? "Stop" : "Play";
    this.button.setAttribute("aria-label", label);
    this.button.replaceChildren(drawing(this.isPlaying ? PAUSE : PLAY));
  }
}
