/** What is said: to whom looks, in a line or above the picture; to whom listens, in a live region and the canvas' label. */

const PAUSE = 400; // milliseconds without change before a listener is told: not every step of a drag

export class Teller {
  #parts;
  #saying = 0;

  /** @param {{canvas: HTMLElement, notice: HTMLElement, line: HTMLElement, live: HTMLElement}} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** In place of a picture. */
  line(text) {
    this.#parts.line.textContent = text;
  }

  /** Above the picture: what its reader has to know. */
  notice(text) {
    this.#parts.notice.textContent = text;
    this.#parts.notice.hidden = !text;
  }

  /** To whom listens, in a while. */
  say(text) {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => (this.#parts.live.textContent = text), PAUSE);
  }

  /** Name the picture; said too, unless it is one of many that pass. */
  label(text, isPassing) {
    if (this.#parts.canvas.getAttribute("aria-label") === text) return;
    this.#parts.canvas.setAttribute("aria-label", text);
    if (!isPassing) this.say(text);
  }

  close() {
    clearTimeout(this.#saying);
  }
}
