/** The form of a search for studies. */
import { h } from "./dom.js";
import { SearchForm, text } from "./search-form.js";

const MODALITIES = ["CR", "CT", "DX", "ES", "MG", "MR", "NM", "OP", "OT", "PT", "RF", "RTDOSE", "SC", "SEG", "SM", "SR", "US", "XA"];

/** The fields of POST /studies; `onsubmit(search)` hears those that are filled in. */
export function studyForm(onsubmit) {
  const modality = text({ maxLength: 16, class: "short" });
  modality.setAttribute("list", "modalities");
  const fields = [
    ["patientId", "Patient ID", text()],
    ["patientName", "Patient name", text({ placeholder: "Family^Given*" })],
    ["dates"],
    ["modality", "Modality", modality],
    ["accessionNumber", "Accession number", text()],
  ];
  const form = new SearchForm(fields, { limits: ["10", "25", "50", "100"], upper: ["modality"] }, onsubmit);
  form.element.append(h("datalist", { id: "modalities" }, MODALITIES.map((name) => h("option", { value: name }))));
  return form;
}
