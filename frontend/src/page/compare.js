/** Two pictures of one object, for the eye: over each other with a line to drag, or side by side. */
import { attribute, button, fill, h } from "./dom.js";

const ZOOMS = [["fit", "Fit"], ["1", "100%"], ["2", "200%"], ["4", "400%"]];

/** Shows `before` and `after`, each `{blob, title}`; after alone where there is no before. */
export class Compare {
  #stage = h("div", { class: "compare-stage", tabIndex: 0, role: "group", "aria-label": "Pictures" });
  #wipe = h("input", { type: "range", min: 0, max: 100, value: 50, class: "wipe", "aria-label": "Share of the first picture", oninput: () => this.#draw() });
  #modes = h("div", { class: "segmented", role: "group", "aria-label": "Comparison" });
  #zooms = h("div", { class: "segmented", role: "group", "aria-label": "Zoom" });
  #urls = [];
  #mode = "over";
  #zoom = "fit";
  #both = false;

  element = h("div", { class: "compare" }, this.#stage, h("div", { class: "compare-bar" }, this.#wipe, this.#modes, this.#zooms));

  constructor() {
    const choices = (options, pick) => options.map(([value, text]) => button(text, () => (pick(value), this.#draw()), { "data-value": value }));
    fill(this.#modes, choices([["over", "Slider"], ["beside", "Side by side"]], (mode) => (this.#mode = mode)));
    fill(this.#zooms, choices(ZOOMS, (zoom) => (this.#zoom = zoom)));
  }

  /** Show other pictures; those before are let go. */
  show(before, after) {
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.#urls = [];
    const figure = (picture, name) => {
      const url = URL.createObjectURL(picture.blob);
      this.#urls.push(url);
      const image = h("img", { src: url, alt: picture.title, onload: () => this.#draw() });
      return h("figure", { class: name }, image, h("figcaption", {}, picture.title));
    };
    this.#both = Boolean(before);
    fill(this.#stage, before && figure(before, "before"), figure(after, "after"));
    this.#draw();
  }

  #draw() {
    const { style, dataset } = this.#stage;
    const over = this.#both && this.#mode === "over";
    dataset.mode = over ? "over" : "beside";
    dataset.zoom = this.#zoom === "fit" ? "fit" : "times";
    style.setProperty("--cut", `${this.#wipe.value}%`);
    for (const image of this.#stage.querySelectorAll("img")) {
      image.style.width = this.#zoom === "fit" || !image.naturalWidth ? "" : `${image.naturalWidth * this.#zoom}px`;
    }
    this.#wipe.hidden = !over;
    this.#modes.hidden = !this.#both;
    for (const [group, value] of [[this.#modes, this.#mode], [this.#zooms, this.#zoom]]) {
      for (const child of group.children) attribute(child, "aria-pressed", String(child.dataset.value === value));
    }
  }
}
