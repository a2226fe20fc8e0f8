/** Tables of what was found, and the way through their pages. */
import { button, fill, h, icon } from "./dom.js";
import { patientDataShown, revealButton } from "./patient.js";

/**
 * A table. Each of `columns` has its title, its cell of a row, and whether it holds numbers; `groups` are lists of rows,
 * each with a `heading` or none; `open(row)` has the name of what opens a row, and `onopen(row)` hears that it is to be.
 */
export function table({ columns, groups, label, caption, open, onopen }) {
  const head = h("tr", {}, columns.map(([title, , number]) => h("th", { scope: "col", class: number ? "number" : "" }, title)), h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Open")));
  const body = groups.map(({ heading, rows }) => {
    const lines = rows.map((row) => {
      const cells = columns.map(([title, cell, number]) => h("td", { class: number ? "number" : "", "data-title": title }, cell(row) ?? "–"));
      const opener = button("Open", () => onopen(row), { "aria-label": open(row), class: "small-button" });
      return h("tr", { ondblclick: () => onopen(row) }, cells, h("td", { class: "last" }, opener));
    });
    return h("tbody", {}, heading && h("tr", { class: "group" }, h("th", { scope: "rowgroup", colSpan: columns.length + 1 }, heading)), lines);
  });
  return h("div", { class: "table", tabIndex: 0, role: "group", "aria-label": label }, h("table", {}, h("caption", { class: "visually-hidden" }, caption), h("thead", {}, head), body));
}

/** Where one is among pages, with buttons to go on and back. */
export function pager({ page, rows, more }, onpage) {
  const text = rows.length ? `Page ${page}` : "";
  const next = button("Next", () => onpage(page + 1), { disabled: !more });
  next.append(icon("forward"));
  return h(
    "nav",
    { class: "pager", "aria-label": "Pages" },
    !patientDataShown.value && h("p", { class: "small muted" }, "Patients, dates and accession numbers are hidden. ", revealButton()),
    button("Previous", () => onpage(page - 1), { icon: "back", disabled: page === 1 }),
    h("span", {}, text),
    next,
  );
}

/** A table's place while it is on its way. */
export function waitingTable(element) {
  return fill(element, h("div", { class: "waiting", role: "status" }, "Searching …"));
}
