/** The tab for studies: search the index, page through what was found, open a study. */
import { button, fill, h, icon } from "./dom.js";
import { problemBox } from "./notices.js";
import { patientDataShown } from "./patient.js";
import { asProblem } from "./problem.js";
import { go, onPlace } from "./route.js";
import { StudyForm } from "./study-form.js";
import { StudyView } from "./study.js";
import { pager, studyTable, waitingTable } from "./study-table.js";

/**
 * The panel. A place of the history remembers `{search, tokens, page, answer, study}`: the search as it was asked, the
 * tokens of its pages from the second on, the page, what it found, and the study that is open. Of these the address has
 * the modality, the page's number and size, and whether a study is open.
 */
export class StudiesPanel {
  #session;
  #api;
  #voice;
  #form = new StudyForm((search) => this.#go({ search, tokens: [], page: 1 }));
  #out = h("div", { class: "found" });
  #study;
  #stop = null;
  #memory = null;

  constructor({ session, service, voice, onconvert }) {
    this.#session = session;
    this.#api = service?.api ?? null;
    this.#voice = voice;
    this.#study = new StudyView({ api: this.#api, voice, onconvert, onclose: () => this.#go({ ...this.#memory, study: null }) });
    this.list = h("div", { class: "list" }, h("h1", { class: "visually-hidden", id: "studies-title" }, "Studies"), this.#form.element, this.#out);
    this.element = h("section", { class: "panel studies", "aria-labelledby": "studies-title" }, this.list, this.#study.element);
    onPlace((place) => place.tab === "studies" && this.#arrive(place));
    session?.user.follow(() => this.#memory?.answer || this.#empty());
    patientDataShown.follow(() => {
      if (this.#memory?.answer) this.#draw();
      this.#study.redraw();
    });
  }

  /** A new entry of the history with what it remembers. */
  #go(memory, { replace = false } = {}) {
    const { search, page, study } = memory;
    go("studies", { modality: search.modality, limit: String(search.limit), page: page > 1 ? String(page) : "", view: study ? "study" : "" }, { memory, replace });
  }

  /** Show what a place remembers; a place from an earlier visit of the page has only what its address has. */
  #arrive({ params, memory }) {
    const before = this.#memory;
    this.#memory = memory;
    this.#study.element.hidden = !memory?.study;
    this.list.hidden = Boolean(memory?.study);
    if (!memory?.study) this.#study.close();
    if (!memory) {
      this.#form.fill({ modality: params.modality, limit: params.limit });
      return this.#empty();
    }
    if (memory.study) return this.#study.open(memory.study);
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
      memory.answer = await this.#api.studies({ ...memory.search, ...(next && { next }) }, stop.signal);
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
    const rows = answer.studies;
    const none = h("div", { class: "empty" }, icon("search"), h("p", {}, page > 1 ? "There are no more studies." : "No study fits. Leave fields empty to widen the search; a name may end with *."));
    const turn = (to) => this.#go({ ...this.#memory, answer: null, page: to });
    const pages = (rows.length > 0 || page > 1) && pager({ page, rows, more: answer.next }, turn);
    const open = (study) => this.#go({ ...this.#memory, study });
    fill(this.#out, rows.length ? studyTable(rows, open) : none, pages);
    this.#voice.say(`${rows.length} studies, page ${page}`);
  }

  #empty() {
    if (!this.#api) return void fill(this.#out, message("This page has no service to search in."));
    if (!this.#session.user.value) {
      const login = button("Log in", () => this.#session.begin(), { class: "primary" });
      return void fill(this.#out, message("Searching the index needs a login."), login);
    }
    const text = "Search by any of the fields; all empty shows every study. What you search for stays out of the address, and is forgotten when the page is closed.";
    fill(this.#out, message(text));
  }
}

function message(text) {
  return h("div", { class: "empty" }, icon("search"), h("p", {}, text));
}
