/** Which window a picture is shown by: one of the object's own, a preset, or one that is dragged. */
import { PRESETS, asWindow, dragged, windowOf } from "./windows.js";

const FIRST = "own 0";

export class Windowing {
  choice = FIRST;
  /** What was asked for in place of the object's own. @type {Voi | null} */
  custom = null;
  #drag = null;

  /** What `vois` of the object, if it has any, are shown by. @returns {Voi | null} */
  of(vois) {
    if (this.custom) return this.custom;
    return vois?.[Number(this.choice.split(" ")[1])] ?? vois?.[0] ?? null;
  }

  /** Choose by a name; without a window, the object's own of that name. */
  choose(choice, custom = null) {
    this.choice = choice;
    this.custom = custom;
  }

  /** A preset for CT, from 1. */
  preset(number) {
    const { name, center, width } = PRESETS[number - 1];
    this.choose(`preset ${number}`, windowOf(name, center, width));
  }

  /** Begin to drag from a window or a table. */
  begin(voi) {
    this.#drag = voi && { start: asWindow(voi), across: 0, down: 0 };
  }

  get isDragged() {
    return Boolean(this.#drag);
  }

  /** Drag by so many pixels. */
  drag(across, down) {
    if (!this.#drag) return;
    this.#drag.across += across;
    this.#drag.down += down;
    this.choose("custom", dragged(this.#drag.start, this.#drag.across, this.#drag.down));
  }

  /** End a drag; returns whether it changed anything. */
  end() {
    const isChanged = Boolean(this.#drag && (this.#drag.across || this.#drag.down));
    this.#drag = null;
    return isChanged;
  }

  reset() {
    this.choose(FIRST);
  }
}
