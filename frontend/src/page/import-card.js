/** One import: how far it is, what came of it, and the files that did not make it. */
import { button, fill, h } from "./dom.js";
import { bytes, moment } from "./format.js";
import { problemBox } from "./notices.js";
import { guarded, patientDataShown, revealButton } from "./patient.js";
import { Problem } from "./problem.js";

const STATES = {
  pending: "Waiting",
  planning: "Looking at the files",
  importing: "Importing",
  verifying: "Verifying every frame",
  complete: "Complete",
  partial: "Partly imported",
  failed: "Failed",
};
const COUNTS = [
  ["found", "Files found"],
  ["skipped", "Skipped"],
  ["imported", "Imported"],
  ["failed", "Refused"],
  ["warnings", "With a warning"],
  ["imageSets", "Image sets"],
  ["framesVerified", "Frames verified"],
  ["framesMismatched", "Frames that differ"],
];
const SHOWN = 20;

/** A list item; `onfound` hears that image sets are to be looked at. */
export class ImportCard {
  element = h("li", { class: "job" });
  stop = new AbortController();
  #onfound;
  #fault = null;
  #open = new Set();

  constructor(job, onfound) {
    this.#onfound = onfound;
    this.show(job);
  }

  /** Show what is known of it by now. */
  show(job) {
    this.job = { ...this.job, ...job };
    this.#fault = null;
    this.draw();
  }

  /** Show that it could not be asked about any more. */
  fail(problem, again) {
    this.#fault = [problem, again];
    this.draw();
  }

  draw() {
    const { status, source, createdAt, updatedAt, counts = {}, error } = this.job;
    const isOver = ["complete", "partial", "failed"].includes(status);
    this.element.dataset.state = status;
    const times = [createdAt && `begun ${moment(createdAt)}`, isOver && updatedAt && `ended ${moment(updatedAt)}`].filter(Boolean).join(" · ");
    const head = h("div", { class: "job-head" }, h("h2", {}, STATES[status] ?? status), h("span", { class: "small muted" }, times));
    const facts = COUNTS.filter(([name]) => counts[name] !== undefined && (counts[name] || name === "imported")).map(([name, title]) => [h("dt", {}, title), h("dd", {}, counts[name])]);
    if (counts.bytes) facts.push([h("dt", {}, "Size"), h("dd", {}, bytes(counts.bytes))]);
    fill(
      this.element,
      head,
      h("p", { class: "small" }, guarded(source)),
      !isOver && !this.#fault && h("progress", { "aria-label": STATES[status] ?? status, max: 1, ...shareOf(this.job) }),
      facts.length > 0 && h("dl", { class: "facts" }, facts),
      error && problemBox(new Problem(error.code, error.message)),
      this.#fault && problemBox(this.#fault[0], button("Look again", this.#fault[1])),
      this.#frames(),
      this.#notes("Refused files", this.job.failures, counts.failed),
      this.#notes("Files with a warning", this.job.warnings, counts.warnings),
      this.#skipped(),
      isOver && counts.imageSets > 0 && h("div", { class: "actions" }, button("Search image sets", this.#onfound, { icon: "search", class: "small-button" })),
    );
  }

  #details(title, ...content) {
    const ontoggle = (event) => this.#open[event.target.open ? "add" : "delete"](title);
    return h("details", { open: this.#open.has(title), ontoggle }, h("summary", {}, title), content);
  }

  #frames() {
    const { frames = [] } = this.job;
    if (!frames.length) return null;
    const items = frames.slice(0, SHOWN).map((one) => h("li", {}, `Frame ${one.frame} of ${one.instance}: ${one.reason ?? "its checksum differs"}`));
    return this.#details("Frames that differ", h("ul", { class: "plain" }, items));
  }

  #notes(title, notes = [], all = notes.length) {
    if (!notes.length) return null;
    const rows = notes.slice(0, SHOWN).map((note) => h("li", {}, h("span", { class: "tag" }, note.code), " ", guarded(note.file), " ", patientDataShown.value && h("span", { class: "muted" }, note.message)));
    const rest = all > SHOWN && h("p", { class: "small muted" }, `${all - Math.min(SHOWN, notes.length)} more: `, this.job.documents?.failures && h("code", {}, this.job.documents[title.startsWith("Refused") ? "failures" : "warnings"]));
    const hidden = !patientDataShown.value && h("p", { class: "small muted" }, "File names and reasons may name a patient. ", revealButton());
    return this.#details(title, h("ul", { class: "plain" }, rows), rest, hidden);
  }

  #skipped() {
    const reasons = Object.entries(this.job.skipped ?? {}).filter(([, number]) => number);
    if (!reasons.length) return null;
    return this.#details("Skipped files", h("dl", { class: "facts" }, reasons.map(([code, number]) => [h("dt", {}, code), h("dd", {}, number)])));
  }
}

/** How much of the work is done, as properties of a progress; none while nobody knows. */
function shareOf({ status, counts = {}, shards = [] }) {
  if (status !== "importing" || !counts.found) return {};
  const done = shards.reduce((sum, shard) => sum + (shard.imported ?? 0) + (shard.failed ?? 0), 0);
  return done ? { value: Math.min(1, done / counts.found) } : {};
}
