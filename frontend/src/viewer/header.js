/** The header as a table, of which only what is looked at is built. */
import { make } from "./dom.js";

const CHUNK = 200;
const HIDDEN = "hidden";

/** Every element with tag, keyword, VR and value; a filter, copying, whole values on demand. */
export class Header {
  #rows = [];
  #shown = [];
  #built = 0;
  #isPatientShown = false;
  #whole;
  #say;
  #waiting = 0;

  /** @param {(row: number) => Promise<string>} whole the whole value of a row @param {(text: string) => void} say */
  constructor(whole, say) {
    this.#whole = whole;
    this.#say = say;
    this.filter = make("input", { type: "search", "aria-label": "Filter the header", placeholder: "Filter", oninput: () => this.#later() });
    this.count = make("span", { class: "viewer-header-count" });
    const copy = make("button", { type: "button", class: "viewer-button", onclick: () => this.#copyAll() }, "Copy all");
    const heads = ["Tag", "Keyword", "VR", "Value"].map((name) => make("th", { scope: "col" }, name));
    this.body = make("tbody", { onclick: (event) => this.#click(event) });
    const table = make("table", { class: "viewer-elements" }, make("thead", {}, make("tr", {}, ...heads)), this.body);
    this.scroller = make("div", { class: "viewer-scroller", tabindex: "0", role: "region", "aria-label": "Header", onscroll: () => this.#more() }, table);
    const bar = make("div", { class: "viewer-header-bar" }, this.filter, this.count, copy);
    this.element = make("div", { class: "viewer-header", hidden: true }, bar, this.scroller);
  }

  /** Show other rows; the filter stays, for the next object's are looked through for the same. @param {Row[]} rows */
  show(rows, isMore = false) {
    this.#rows = rows;
    this.isCut = isMore;
    this.#fill();
  }

  /** Show or hide what may identify someone. */
  reveal(isShown) {
    if (this.#isPatientShown === isShown) return;
    this.#isPatientShown = isShown;
    this.#fill();
  }

  #later() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#fill(), 120);
  }

  #fill() {
    const wanted = this.filter.value.trim().toLowerCase();
    const matches = (row) => [row.tag, row.keyword, row.vr, this.#visible(row)].some((text) => text.toLowerCase().includes(wanted));
    const all = this.#rows.map((row, at) => ({ row, at }));
    this.#shown = wanted ? all.filter(({ row }) => matches(row)) : all;
    const cut = this.isCut ? " (the first ones)" : "";
    this.count.textContent = wanted ? `${this.#shown.length} of ${this.#rows.length}` : `${this.#rows.length} rows${cut}`;
    this.body.replaceChildren();
    this.#built = 0;
    this.scroller.scrollTop = 0;
    this.#append();
  }

  #more() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    if (scrollTop + 2 * clientHeight > scrollHeight) this.#append();
  }

  #append() {
    const next = this.#shown.slice(this.#built, this.#built + CHUNK);
    this.#built += next.length;
    this.body.append(...next.map(({ row, at }) => this.#line(row, at)));
  }

  #line(row, at) {
    const value = make("td", { class: "viewer-value" }, this.#visible(row));
    const isHidden = row.hidden && !this.#isPatientShown && row.full > 0;
    if (isHidden) value.classList.add("is-hidden");
    if (row.full > row.value.length && !isHidden) {
      value.append(make("button", { type: "button", class: "viewer-button small", "data-act": "whole", "data-row": at }, "…"));
      value.lastChild.setAttribute("aria-label", `Show all of ${row.keyword || row.tag}`);
    }
    if (row.tag) {
      const label = `Copy ${row.keyword || row.tag}`;
      value.append(make("button", { type: "button", class: "viewer-button small copy", "data-act": "copy", "data-row": at, "aria-label": label, title: label }, "copy"));
    }
    const keyword = make("td", {}, row.keyword);
    keyword.style.paddingInlineStart = `${row.depth * 12 + 8}px`;
    return make("tr", {}, make("td", { class: "viewer-tag" }, row.tag), keyword, make("td", {}, row.vr), value);
  }

  #visible(row) {
    return row.hidden && !this.#isPatientShown && row.full > 0 ? HIDDEN : row.value;
  }

  async #click(event) {
    const button = event.target.closest?.("button[data-act]");
    if (!button) return;
    const at = Number(button.dataset.row);
    const row = this.#rows[at];
    if (button.dataset.act === "whole") {
      const value = await this.#whole(at);
      button.closest("td").firstChild.data = value;
      button.remove();
      return;
    }
    const isWhole = row.full <= row.value.length || (row.hidden && !this.#isPatientShown);
    await this.#copy(this.#text(row, isWhole ? this.#visible(row) : await this.#whole(at)));
  }

  #copyAll() {
    return this.#copy(this.#shown.map(({ row }) => this.#text(row, this.#visible(row))).join("\n"));
  }

  #text(row, value) {
    return `${"  ".repeat(row.depth)}${[row.tag, row.keyword, row.vr, value].filter(Boolean).join("\t")}`;
  }

  async #copy(text) {
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    this.#say(isCopied ? "Copied" : "The browser does not allow copying here");
  }
}
