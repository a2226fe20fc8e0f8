/** A tab that searches: a form, pages of what was found, and one of it opened. */
import { button, fill, h, icon } from "./dom.js";
import { problemBox } from "./notices.js";
import { patientDataShown } from "./patient.js";
import { asProblem } from "./problem.js";
import { go, onPlace } from "./route.js";
import { pager, waitingTable } from "./table.js";

/**
 * The panel. A place of the history remembers `{search, tokens, page, answer, opened}`: the search as it was asked, the
 * tokens of its pages from the second on, the page, what it found, and what is open of it. Of these the address has
 * the modality, the page's number and size, and whether something is open.
 *
 * `kind` is what is searched for: its `tab`, `title` and `view` (the word for the address of one that is open), its
 * `form(onsubmit)`, `ask(api, fields, signal)`, which gives `{rows, next}`, `table(rows, onopen)`, and in words
 * `many`, `none`, `login` and `hint`. `view` shows one: `element`, `open(row, search)`, `close()`, `redraw()`.
 */
export class SearchPanel {
  #kind;
  #session;
  #api;
  #voice;
  #form;
  #out = h("div", { class: "found" });
  #view;
  #stop = null;
  #memory = null;

  constructor(kind, { session, service, voice, view }) {
    this.#kind = kind;
    this.#session = session;
    this.#api = service?.api ?? null;
    this.#voice = voice;
    this.#view = view(() => this.#go({ ...this.#memory, opened: null }));
    this.#form = kind.form((search) => this.#go({ search, tokens: [], page: 1 }));
    const title = `${kind.tab}-title`;
    this.list = h("div", { class: "list" }, h("h1", { class: "visually-hidden", id: title }, kind.title), this.#form.element, this.#out);
    this.element = h("section", { class: `panel searching ${kind.tab}`, "aria-labelledby": title }, this.list, this.#view.element);
    onPlace((place) => place.tab === kind.tab && this.#arrive(place));
    session?.user.follow(() => this.#memory?.answer || this.#empty());
    patientDataShown.follow(() => {
      if (this.#memory?.answer) this.#draw();
      this.#view.redraw();
    });
  }

  /** A new entry of the history with what it remembers. */
  #go(memory) {
    const { search, page, opened } = memory;
    const view = opened ? this.#kind.view : "";
    go(this.#kind.tab, { modality: search.modality, limit: String(search.limit), page: page > 1 ? String(page) : "", view }, { memory });
  }

  /** Show what a place remembers; a place from an earlier visit of the page has only what its address has. */
  #arrive({ params, memory }) {
    const before = this.#memory;
    this.#memory = memory;
    this.#view.element.hidden = !memory?.opened;
    this.list.hidden = Boolean(memory?.opened);
    if (!memory?.opened) this.#view.close();
    if (!memory) {
      this.#form.fill({ modality: params.modality, limit: params.limit });
      return this.#empty();
    }
    if (memory.opened) return this.#view.open(memory.opened, memory.search);
    if (memory !== before) this.#form.fill(memory.search);
    return memory.answer ? this.#draw() : this.#search(memory);
  }

  async #search(memory) {
    if (!this.#api) return;
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.#form.busy(true);
    waitingTable(this.#out);
    try {
      const next = memory.tokens[memory.page - 2];
      memory.answer = await this.#kind.ask(this.#api, { ...memory.search, ...(next && { next }) }, stop.signal);
      memory.tokens[memory.page - 1] = memory.answer.next;
      if (memory === this.#memory) this.#draw();
    } catch (error) {
      if (!stop.signal.aborted && memory === this.#memory) this.#fail(asProblem(error), memory);
    }
    if (this.#stop === stop) this.#form.busy(false);
  }

  #fail(problem, memory) {
    const action = problem.code === "unauthorized" ? button("Log in", () => this.#session.begin(), { class: "primary" }) : button("Try again", () => this.#search(memory));
    fill(this.#out, problemBox(problem, action));
  }

  #draw() {
    const { answer, page } = this.#memory;
    const { rows } = answer;
    const text = page > 1 ? `There are no more ${this.#kind.many}.` : this.#kind.none;
    const turn = (to) => this.#go({ ...this.#memory, answer: null, page: to });
    const pages = (rows.length > 0 || page > 1) && pager({ page, rows, more: answer.next }, turn);
    const open = (opened) => this.#go({ ...this.#memory, opened });
    fill(this.#out, rows.length ? this.#kind.table(rows, open) : message(text), pages);
    this.#voice.say(`${rows.length} ${this.#kind.many}, page ${page}`);
  }

  #empty() {
    if (!this.#api) return void fill(this.#out, message("This page has no service to search in."));
    if (!this.#session.user.value) {
      const login = button("Log in", () => this.#session.begin(), { class: "primary" });
      return void fill(this.#out, message(this.#kind.login), login);
    }
    fill(this.#out, message(this.#kind.hint));
  }
}

function message(text) {
  return h("div", { class: "empty" }, icon("search"), h("p", {}, text));
}
