/** Letters at the edges of the picture: where in the patient its sides lie, however it is turned. */
import { make } from "./dom.js";

const PLACES = ["right", "bottom", "left", "top"];
const OPPOSITE = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };

/** Four edges over the canvas; the corners' texts say when they are shown. */
export class Edges {
  #edges = PLACES.map((place) => make("div", { class: `viewer-edge ${place}`, "aria-hidden": "true" }));

  get elements() {
    return this.#edges;
  }

  /** @param {Viewer} viewer */
  update({ state, picture }) {
    const letters = state.texts && picture?.orientation ? lettersOf(picture.orientation, state.view) : ["", "", "", ""];
    letters.forEach((letter, at) => {
      if (this.#edges[at].textContent !== letter) this.#edges[at].textContent = letter;
    });
  }
}

/** Those at the right, the bottom, the left and the top of what is seen; see orientationOf of the worker. */
export function lettersOf({ right, bottom }, { turns, mirrored }) {
  const unturned = [right, bottom, opposite(right), opposite(bottom)];
  if (mirrored) [unturned[0], unturned[2]] = [unturned[2], unturned[0]];
  return unturned.map((_, at) => unturned[(at - turns + 4) % 4]);
}

const opposite = (letters) => [...letters].map((letter) => OPPOSITE[letter]).join("");
