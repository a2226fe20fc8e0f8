/** The tab for studies: search the index, page through what was found, open a study. */
import { SearchPanel } from "./search-panel.js";
import { studyForm } from "./study-form.js";
import { StudyView } from "./study.js";
import { studyTable } from "./study-table.js";

const STUDIES = {
  tab: "studies",
  title: "Studies",
  view: "study",
  form: studyForm,
  ask: async (api, fields, signal) => {
    const { studies: rows, next } = await api.studies(fields, signal);
    return { rows, next };
  },
  table: studyTable,
  many: "studies",
  none: "No study fits. Leave fields empty to widen the search; a name may end with *.",
  login: "Searching the index needs a login.",
  hint: "Search by any of the fields; all empty shows every study. What you search for stays out of the address, and is forgotten when the page is closed.",
};

/** The panel; `onconvert(uri, frame)` hears that an object is to be converted. */
export function studiesPanel({ onconvert, ...around }) {
  const view = (onclose) => new StudyView({ api: around.service?.api ?? null, voice: around.voice, onconvert, onclose });
  return new SearchPanel(STUDIES, { ...around, view });
}
