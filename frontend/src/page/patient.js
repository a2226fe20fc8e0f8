/** Whether patient data may be seen: off at each load, and kept nowhere. */
import { h } from "./dom.js";
import { Observable } from "./observable.js";

export const patientDataShown = new Observable(false);

/** A button that shows patient data. */
export function revealButton() {
  return h("button", { type: "button", class: "link", onclick: () => (patientDataShown.value = true) }, "Show patient data");
}

/** A value that may tell who a patient is: itself once patient data are shown, dots until then. */
export function guarded(value) {
  if (value === null || value === undefined || value === "") return h("span", { class: "muted" }, "–");
  if (patientDataShown.value) return String(value);
  return h("span", { class: "masked", title: "Hidden: “Show patient data” is off" }, h("span", { "aria-hidden": "true" }, "•••••"), h("span", { class: "visually-hidden" }, "hidden"));
}
