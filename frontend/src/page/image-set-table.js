/** Image sets: the form of a search for them, and the table of those that it found. */
import { h } from "./dom.js";
import { date, moment } from "./format.js";
import { guarded } from "./patient.js";
import { SearchForm, text } from "./search-form.js";
import { table } from "./table.js";

/** The fields of POST /image-sets; `onsubmit(search)` hears those that are filled in. */
export function imageSetForm(onsubmit) {
  const fields = [
    ["patientId", "Patient ID", text()],
    ["dates"],
    ["accessionNumber", "Accession number", text()],
    ["studyInstanceUid", "Study instance UID", text({ inputMode: "decimal", maxLength: 64 })],
    ["all", "Also those that are not primary", h("input", { type: "checkbox" })],
  ];
  return new SearchForm(fields, { limits: ["10", "25", "50"] }, onsubmit);
}

const COLUMNS = [
  ["Series", (row) => row.SeriesNumber],
  ["Modality", (row) => row.Modality],
  ["Body part", (row) => row.BodyPartExamined],
  ["Instances", (row) => row.NumberOfStudyRelatedInstances, true],
  ["Version", (row) => row.version, true],
  ["Archived", (row) => [moment(row.updatedAt), row.isPrimary === false && [" ", h("span", { class: "tag warning" }, "not primary")]]],
];

/** A table of rows, those of a study together; `onopen(row)` hears which image set to open. */
export function imageSetTable(rows, onopen) {
  const studies = new Map();
  for (const row of rows) studies.set(row.StudyInstanceUID, [...(studies.get(row.StudyInstanceUID) ?? []), row]);
  const groups = [...studies.values()].map((of) => ({ heading: headingOf(of[0]), rows: of.sort(bySeries) }));
  const shown = groups.flatMap((group) => group.rows);
  const open = (row) => `Open image set ${shown.indexOf(row) + 1}`;
  return table({ columns: COLUMNS, groups, label: "Image sets", caption: "Image sets found, by study", open, onopen });
}

/** What is told of the study of an image set. */
export function headingOf(row) {
  const parts = [guarded(row.PatientName), guarded(row.PatientID), guarded(date(row.StudyDate)), row.StudyDescription, row.AccessionNumber && guarded(row.AccessionNumber)];
  return parts.filter(Boolean).flatMap((part, at) => (at ? [h("span", { class: "muted" }, " · "), part] : [part]));
}

/** In the order of series' numbers, those without one last. */
export function bySeries(one, other) {
  return (one.SeriesNumber ?? Infinity) - (other.SeriesNumber ?? Infinity) || (one.imageSetId < other.imageSetId ? -1 : 1);
}
