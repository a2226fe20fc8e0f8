/** The tab for the archive: image sets that are searched for and shown, and imports. */
import { attribute, button, h } from "./dom.js";
import { ImportsPanel } from "./imports.js";
import { imageSetForm, imageSetTable } from "./image-set-table.js";
import { ImageSetView } from "./image-set-view.js";
import { SearchPanel } from "./search-panel.js";

const IMAGE_SETS = {
  tab: "archive",
  title: "Archive",
  view: "set",
  form: imageSetForm,
  ask: async (api, fields, signal) => {
    const { imageSets: rows, next } = await api.imageSets(fields, signal);
    return { rows, next };
  },
  table: imageSetTable,
  many: "image sets",
  none: "No image set fits. Leave fields empty to widen the search, or import a study.",
  login: "Searching the archive needs a login.",
  hint: "Search HealthImaging by any of the fields; all empty shows what came last. What you search for stays out of the address, and is forgotten when the page is closed.",
};

/** The panel: its two halves, of which one is seen. */
export function archivePanel(around) {
  const api = around.service?.api ?? null;
  const sets = new SearchPanel(IMAGE_SETS, { ...around, view: (onclose) => new ImageSetView({ api, voice: around.voice, onclose }) });
  const imports = new ImportsPanel({ ...around, onfound: () => show(sets) });
  const choices = new Map([[sets, button("Image sets", () => show(sets))], [imports, button("Imports", () => show(imports))]]);
  const bar = h("div", { class: "halves" }, h("div", { class: "segmented", role: "group", "aria-label": "Archive" }, [...choices.values()]));
  const show = (half) => {
    for (const [one, choice] of choices) {
      one.element.hidden = one !== half;
      attribute(choice, "aria-pressed", String(one === half));
    }
    const focused = bar.contains(document.activeElement) && document.activeElement;
    half.list.prepend(bar);
    if (focused) focused.focus();
  };
  show(sets);
  return { element: h("div", { class: "panel archive-halves" }, sets.element, imports.element) };
}
