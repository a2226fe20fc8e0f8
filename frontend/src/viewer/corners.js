/** Texts in the corners of the picture; what tells of the patient only when it is asked for. */
import { make } from "./dom.js";
import { told } from "./windows.js";

/** Four corners over the canvas, hidden from assistive technology: the live region says what matters. */
export class Corners {
  #corners = ["top left", "top right", "bottom left", "bottom right"].map((place) =>
    make("div", { class: `viewer-corner ${place}`, "aria-hidden": "true" }),
  );

  get elements() {
    return this.#corners;
  }

  /** @param {Viewer} viewer @param {string} value what is under the pointer */
  update(viewer, value) {
    const { state, picture, summary } = viewer;
    const isShown = state.texts && picture;
    const [who, what, how, where] = isShown
      ? [state.patient ? patientLines(summary.patient, viewer.name) : [], subjectLines(viewer), windowLines(viewer), [value]]
      : [[], [], [], []];
    [who, what, how, where].forEach((lines, at) => show(this.#corners[at], lines.filter(Boolean)));
  }
}

function show(corner, lines) {
  const text = lines.join("\n");
  if (corner.textContent !== text) corner.textContent = text;
}

const patientLines = (patient, name) => [
  patient.name,
  [patient.id, patient.sex, dateOf(patient.birthDate)].filter(Boolean).join("  "),
  [dateOf(patient.studyDate), patient.study].filter(Boolean).join("  "),
  patient.series,
  patient.institution,
  name,
];

const dateOf = (date = "") => date.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");

function subjectLines({ summary, picture, number, source }) {
  const frames = source.frames > 1 ? `Frame ${number} / ${source.frames}` : "";
  const kind = [summary.transferSyntax, summary.isLossy ? "lossy" : ""].filter(Boolean).join(", ");
  return [summary.modality, `${picture.columns} × ${picture.rows}`, kind, frames];
}

function windowLines({ voi, percent, picture }) {
  const unit = picture.modality?.unit ?? "";
  const range = voi?.lut ? voi.name : voi ? `W ${told(voi.width)}  L ${told(voi.center)} ${unit}`.trim() : "";
  return [range, `Zoom ${percent} %`];
}
