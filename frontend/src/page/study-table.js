/** The studies that a search found. */
import { button, fill, h, icon } from "./dom.js";
import { bytes, date, list } from "./format.js";
import { guarded, patientDataShown, revealButton } from "./patient.js";

/** Of each column: its title, its cell, and whether it holds numbers. */
const COLUMNS = [
  ["Patient", (row) => guarded(row.PatientName)],
  ["Patient ID", (row) => guarded(row.PatientID)],
  ["Date", (row) => guarded(date(row.StudyDate))],
  ["Modality", (row) => list(row.ModalitiesInStudy ?? row.Modality)],
  ["Description", (row) => list(row.StudyDescription) || h("span", { class: "muted" }, "–")],
  ["Accession", (row) => guarded(row.AccessionNumber)],
  ["Series", (row) => row.NumberOfStudyRelatedSeries, true],
  ["Images", (row) => row.NumberOfStudyRelatedInstances, true],
  ["Size", (row) => bytes(Number(row.TotalSize)), true],
];

/** A table of rows; `onopen(row)` hears which study to open. */
export function studyTable(rows, onopen) {
  const head = h("tr", {}, COLUMNS.map(([title, , number]) => h("th", { scope: "col", class: number ? "number" : "" }, title)), h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Open")));
  const body = rows.map((row, at) => {
    const cells = COLUMNS.map(([title, cell, number]) => h("td", { class: number ? "number" : "", "data-title": title }, cell(row) ?? "–"));
    const open = button("Open", () => onopen(row), { "aria-label": `Open study ${at + 1}`, class: "small-button" });
    return h("tr", { ondblclick: () => onopen(row) }, cells, h("td", { class: "last" }, open));
  });
  return h("div", { class: "table", tabIndex: 0, role: "group", "aria-label": "Studies" }, h("table", {}, h("caption", { class: "visually-hidden" }, "Studies found"), h("thead", {}, head), h("tbody", {}, body)));
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
