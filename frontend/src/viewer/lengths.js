/** Distances that are measured on a frame (PS3.3 10.7). */

/** Lengths by frame; one is being drawn at a time. */
export class Lengths {
  #byFrame = new Map();
  #open = null;

  /** Those of a frame. */
  of(number) {
    return this.#byFrame.get(number) ?? [];
  }

  begin(picture, point) {
    this.#open = { from: point, to: point, label: "", picture };
    this.#byFrame.set(picture.number, [...this.of(picture.number), this.#open]);
  }

  stretch(point) {
    if (!this.#open) return;
    this.#open.to = point;
    this.#open.label = lengthOf(this.#open);
  }

  /** End the one being drawn; a click alone is none. */
  end() {
    const open = this.#open;
    this.#open = null;
    if (!open || open.label) return open?.label ?? "";
    const number = open.picture.number;
    this.#byFrame.set(number, this.of(number).filter((one) => one !== open));
    return "";
  }

  clear() {
    this.#byFrame.clear();
    this.#open = null;
  }
}

/** In mm where the spacing is told, else in pixels. */
export function lengthOf({ from, to, picture }) {
  const [high, wide] = picture.spacing ?? [1, 1];
  const length = Math.hypot((to.x - from.x) * wide, (to.y - from.y) * high);
  if (!length) return "";
  if (!picture.spacing) return `${length.toFixed(1)} px`;
  return `${length.toFixed(1)} mm${picture.where ? ` (${picture.where})` : ""}`;
}
