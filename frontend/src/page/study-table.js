/** The studies that a search found. */
import { h } from "./dom.js";
import { bytes, date, list } from "./format.js";
import { guarded } from "./patient.js";
import { table } from "./table.js";

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
  const open = (row) => `Open study ${rows.indexOf(row) + 1}`;
  return table({ columns: COLUMNS, groups: [{ rows }], label: "Studies", caption: "Studies found", open, onopen });
}
