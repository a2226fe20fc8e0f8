/** The list of files, and what is true of all of them. */
import { attribute, button, h, say } from "./dom.js";
import { count } from "./format.js";
import { patientDataShown } from "./patient.js";
import { Row } from "./row.js";

/** Shows a Queue's items; rows change once a frame of the screen at most, however many events come. */
export class QueueView {
  #queue;
  #act;
  #voice;
  #rows = new Map();
  #dirty = new Set();
  #frame = 0;
  #list = h("ul", { class: "rows", onkeydown: (event) => this.#walk(event) });
  #summary = h("p", { class: "small" });
  #meter = h("progress", { "aria-label": "All files", max: 1, value: 0 });
  #again = button("Try failed ones again", () => this.#act("again"), { icon: "retry", class: "small-button" });
  #analyse = button("Analyse all", () => this.#act("all"), { icon: "wand", class: "small-button" });
  #clear = button("Clear", () => this.#act("clear"), { class: "small-button", title: "Take out all files that are not on their way" });

  /** `choosers` are the buttons to choose files with; `act(name, item)` hears what a person wants. */
  constructor(queue, { act, choosers, voice, automatic }) {
    this.#queue = queue;
    this.#act = act;
    this.#voice = voice;
    const hint = h("p", { class: "small muted names" }, "File names may hold a patient's name: they are shown with patient data.");
    this.element = h(
      "section",
      { class: "queue", "aria-label": "Files" },
      h("div", { class: "queue-head" }, choosers, automatic),
      h("div", { class: "queue-sum" }, this.#summary, this.#meter, h("div", { class: "actions" }, this.#analyse, this.#again, this.#clear)),
      this.#list,
      hint,
    );
    patientDataShown.follow((shown) => {
      hint.hidden = shown;
      for (const item of this.#queue.items) this.changed(item);
    });
  }

  /** The items are others now. */
  listed() {
    const { items } = this.#queue;
    for (const [item, row] of this.#rows) {
      if (items.includes(item)) continue;
      row.element.remove();
      this.#rows.delete(item);
    }
    const added = items.filter((item) => !this.#rows.has(item));
    for (const item of added) {
      this.#rows.set(item, new Row(item, this.#act));
      this.changed(item);
    }
    this.#list.append(...added.map((item) => this.#rows.get(item).element));
    this.#draw();
  }

  /** An item is in another state. */
  changed(item) {
    this.#dirty.add(item);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  mark(selected) {
    for (const [item, row] of this.#rows) row.mark(item === selected);
  }

  focus(item) {
    this.#rows.get(item)?.pick.focus();
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    for (const item of this.#dirty) this.#rows.get(item)?.update();
    this.#dirty.clear();
    this.#sum();
  }

  #sum() {
    const { items } = this.#queue;
    const { complete = 0, failed = 0, slow = 0, local = 0, cancelled = 0 } = this.#queue.counts();
    const running = items.filter((item) => item.running);
    const asked = items.length - local - cancelled;
    const parts = [count(items.length, "file"), asked > 0 && `${complete} analysed`, failed > 0 && `${failed} failed`, slow > 0 && `${slow} still processing`];
    const text = parts.filter(Boolean).join(" · ");
    say(this.#summary, text);
    const half = running.reduce((sum, item) => sum + item.progress / 2, 0);
    this.#meter.value = asked ? (asked - running.length + half) / asked : 0;
    this.#meter.hidden = running.length === 0;
    this.#again.hidden = failed + cancelled < 2;
    this.#analyse.hidden = local === 0 || !this.#queue.service;
    this.#clear.hidden = running.length === items.length;
    attribute(this.#list, "aria-busy", running.length > 0);
    if (asked > 0 || items.length > 0) this.#voice.say(text);
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { items } = this.#queue;
    const at = items.findIndex((item) => this.#rows.get(item).element.contains(event.target));
    const next = items[at + step];
    if (!step || !next) return;
    event.preventDefault();
    this.focus(next);
    this.#act("select", next);
  }
}
