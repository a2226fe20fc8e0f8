/** The form of a search for studies. */
import { button, field, h, select } from "./dom.js";

const MODALITIES = ["CR", "CT", "DX", "ES", "MG", "MR", "NM", "OP", "OT", "PT", "RF", "RTDOSE", "SC", "SEG", "SM", "SR", "US", "XA"];

/** The fields; `onsubmit(search)` hears the fields of POST /studies that are filled in, `limit` among them. */
export class StudyForm {
  #inputs = {
    patientId: text(),
    patientName: text({ placeholder: "Family^Given*" }),
    from: h("input", { type: "date", autocomplete: "off" }),
    to: h("input", { type: "date", autocomplete: "off" }),
    modality: h("input", { type: "text", maxLength: 16, autocomplete: "off", spellcheck: false, class: "short" }),
    accessionNumber: text(),
    limit: select([["10", "10"], ["25", "25"], ["50", "50"], ["100", "100"]], { value: "25" }),
  };
  #send = button("Search", null, { type: "submit", icon: "search", class: "primary" });

  constructor(onsubmit) {
    const i = this.#inputs;
    const known = h("datalist", { id: "modalities" }, MODALITIES.map((name) => h("option", { value: name })));
    i.modality.setAttribute("list", "modalities");
    const submit = (event) => {
      event.preventDefault();
      onsubmit(this.search());
    };
    const clear = button("Clear", () => {
      this.fill({});
      i.patientId.focus();
    });
    this.element = h(
      "form",
      { class: "search", role: "search", onsubmit: submit, autocomplete: "off" },
      field("Patient ID", i.patientId),
      field("Patient name", i.patientName),
      field("From", i.from),
      field("To", i.to),
      field("Modality", i.modality),
      field("Accession number", i.accessionNumber),
      field("Per page", i.limit),
      h("div", { class: "actions" }, this.#send, clear),
      known,
    );
  }

  search() {
    const { from, to, limit, ...others } = this.#inputs;
    const search = { limit: Number(limit.value) };
    for (const [name, input] of Object.entries(others)) if (input.value.trim()) search[name] = input.value.trim();
    if (search.modality) search.modality = search.modality.toUpperCase();
    const [first, last] = [from.value, to.value].map((day) => day.replaceAll("-", ""));
    if (first || last) search.studyDate = first === last ? first : `${first}-${last}`;
    return search;
  }

  /** Show a search as it was asked for. */
  fill(search) {
    const [first = "", last = first] = (search.studyDate ?? "").split("-");
    const values = { ...search, from: day(first), to: day(last), limit: String(search.limit ?? 25) };
    for (const [name, input] of Object.entries(this.#inputs)) input.value = values[name] ?? "";
  }

  busy(is) {
    this.#send.disabled = is;
  }
}

function text(props = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: false, ...props });
}

function day(value) {
  return value.replace(/(....)(..)(..)/, "$1-$2-$3");
}
