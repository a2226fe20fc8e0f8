/** One study: its series and objects, and the object that is looked at. */
import { download } from "./api.js";
import { attribute, button, fill, h, say } from "./dom.js";
import { bytes, count, date, list } from "./format.js";
import { problemBox } from "./notices.js";
import { guarded } from "./patient.js";
import { asProblem } from "./problem.js";
import { Stage } from "./stage.js";

const LARGEST = 512_000_000;
const OBJECTS = 100;
const FRESH = 240_000;

/** The view of a study; `onclose` hears the way back, `onconvert(uri, frame)` that an object is to be converted. */
export class StudyView {
  #api;
  #voice;
  #onconvert;
  #study = null;
  #objects = [];
  #next = null;
  #stop = null;
  #shown = null;
  #stage = new Stage();
  #head = h("div", { class: "study-head" });
  #list = h("div", { class: "series", tabIndex: -1 });
  #status = h("p", { class: "small muted stage-status", role: "status" });

  constructor({ api, voice, onclose, onconvert }) {
    this.#api = api;
    this.#voice = voice;
    this.#onconvert = onconvert;
    const back = button("All studies", onclose, { icon: "back" });
    const aside = h("div", { class: "side" }, back, this.#head, this.#list);
    this.element = h("div", { class: "study" }, aside, h("div", { class: "picture" }, this.#stage.element, this.#status));
  }

  /** Open a study by its row; nothing is fetched again if it is open already. */
  async open(study) {
    if (this.#study?.StudyInstanceUID === study.StudyInstanceUID) return this.#draw();
    this.close();
    this.#study = study;
    this.#draw();
    fill(this.#list, h("p", { class: "muted", role: "status" }, "Loading the objects …"));
    await this.#load();
    if (this.#objects.length) this.#show(this.#objects[0]);
  }

  close() {
    this.#stop?.abort();
    this.#stage.clear();
    this.#study = this.#shown = this.#next = null;
    this.#objects = [];
    say(this.#status, "");
  }

  /** Draw what may hold patient data again. */
  redraw() {
    if (this.#study) this.#draw();
  }

  async #load() {
    const stop = (this.#stop = new AbortController());
    try {
      const answer = await this.#ask(this.#next ? { next: this.#next } : {}, stop.signal);
      this.#objects.push(...answer.objects);
      this.#next = answer.next;
      this.#draw();
    } catch (error) {
      if (!stop.signal.aborted) fill(this.#list, problemBox(asProblem(error), button("Try again", () => this.#load())));
    }
  }

  async #ask(fields, signal) {
    const fetched = Date.now();
    const { StudyInstanceUID: studyInstanceUid } = this.#study;
    const answer = await this.#api.studies({ level: "object", studyInstanceUid, limit: OBJECTS, ...fields }, signal);
    return { ...answer, objects: answer.objects.map((object) => ({ ...object, fetched, page: fields.next })) };
  }

  #draw() {
    const { PatientName, PatientID, StudyDate, StudyDescription } = this.#study;
    fill(this.#head, h("h1", {}, list(StudyDescription) || "Study without a description"), h("p", {}, guarded(PatientName), " · ", guarded(PatientID), " · ", guarded(date(StudyDate))));
    if (!this.#objects.length) return;
    const series = Map.groupBy ? Map.groupBy(this.#objects, ({ SeriesInstanceUID }) => SeriesInstanceUID) : grouped(this.#objects);
    const focused = this.#list.contains(document.activeElement) && document.activeElement.object;
    fill(this.#list, [...series.values()].map((objects) => this.#series(objects)), this.#next && button("More objects", () => this.#load()));
    if (focused) this.#mark(focused)?.focus();
    this.#mark(this.#shown);
  }

  #series(objects) {
    const [{ SeriesNumber: number, SeriesDescription: description, Modality: modality }] = objects;
    const title = [number !== undefined && number !== null && `${number}`, modality, list(description)].filter(Boolean).join(" · ");
    const items = objects.map((object, at) => h("li", {}, this.#object(object, at)));
    return h("section", {}, h("h2", {}, title || "Series", " ", h("span", { class: "muted" }, count(objects.length, "object"))), h("ol", { class: "objects" }, items));
  }

  #object(object, at) {
    const frames = Number(object.NumberOfFrames) > 1 && count(Number(object.NumberOfFrames), "frame");
    const size = object.Columns && `${object.Columns} × ${object.Rows}`;
    const facts = [size, frames, bytes(Number(object.Size))].filter(Boolean).join(" · ");
    const pick = h("button", { type: "button", class: "pick", onclick: () => this.#show(object) }, h("span", { class: "name" }, `${object.Modality ?? "Object"} ${object.InstanceNumber ?? at + 1}`), h("span", { class: "facts muted" }, facts));
    pick.object = object;
    return pick;
  }

  #mark(object) {
    let found = null;
    for (const pick of this.#list.querySelectorAll(".pick")) {
      attribute(pick, "aria-current", pick.object === object && "true");
      if (pick.object === object) found = pick;
    }
    return found;
  }

  async #show(object) {
    this.#shown = object;
    this.#mark(object);
    this.#stop?.abort();
    const { signal } = (this.#stop = new AbortController());
    try {
      const blob = await this.#fetch(object, signal);
      const name = `${object.Modality ?? "Object"} ${object.InstanceNumber ?? ""}`.trim();
      const frames = Number(object.NumberOfFrames) || 1;
      await this.#stage.show(blob, { name, frames, serverPicture: (asked) => this.#picture(object, asked) });
      this.#tools(object);
    } catch (error) {
      if (!signal.aborted) fill(this.#status, problemBox(asProblem(error), button("Try again", () => this.#show(object))));
    }
  }

  /** The object's bytes, null where they are too many for a browser; its signed address is asked for again where it may have expired. */
  async #fetch(object, signal) {
    if (Number(object.Size) > LARGEST) return null;
    if (Date.now() - object.fetched > FRESH) {
      const { objects } = await this.#ask(object.page ? { next: object.page } : {}, signal);
      for (const fresh of objects) {
        const known = this.#objects.find(({ s3Uri }) => s3Uri === fresh.s3Uri);
        if (known) Object.assign(known, { url: fresh.url, fetched: fresh.fetched });
      }
    }
    say(this.#status, "Loading the object …");
    const onprogress = (share) => say(this.#status, `Loading the object … ${Math.round(share * 100)}%`);
    return download(object.url, { signal, onprogress });
  }

  #tools(object) {
    fill(this.#status, button("Convert this object", () => this.#onconvert(object.s3Uri, 1), { class: "link" }));
    this.#voice.say("Object loaded");
  }

  async #picture(object, { frame = 1, center, width } = {}) {
    const window = Number.isFinite(center) && Number.isFinite(width) ? { window_center: center, window_width: width } : {};
    const fields = { url: object.s3Uri, frame, output_format: "png", include_metadata: false, ...window };
    return (await this.#api.convert(fields)).blob;
  }
}

function grouped(objects) {
  const series = new Map();
  for (const object of objects) series.set(object.SeriesInstanceUID, [...(series.get(object.SeriesInstanceUID) ?? []), object]);
  return series;
}
