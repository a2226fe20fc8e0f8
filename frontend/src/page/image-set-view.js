/** The image sets of one study, and the series that is looked at: its frames as a stack. */
import { attribute, button, fill, h, say } from "./dom.js";
import { count, list } from "./format.js";
import { bySeries, headingOf } from "./image-set-table.js";
import { SeriesStack, beginningOf } from "./image-set.js";
import { problemBox } from "./notices.js";
import { asProblem } from "./problem.js";
import { Stage } from "./stage.js";

const SETS = 50;
const LISTED = 100; // instances, before more are asked for

/** The view of a study's image sets; `onclose` hears the way back. */
export class ImageSetView {
  #api;
  #voice;
  #entry = null; // by which one came here
  #row = null; // which is open
  #rows = [];
  #next = null;
  #set = null;
  #problem = null;
  #stack = null;
  #series = null;
  #shown = null;
  #listed = LISTED;
  #stop = null;
  #searching = null;
  #stage = new Stage();
  #head = h("div", { class: "study-head" });
  #list = h("div", { class: "series", tabIndex: -1 });
  #status = h("p", { class: "small muted stage-status", role: "status" });

  constructor({ api, voice, onclose }) {
    this.#api = api;
    this.#voice = voice;
    const back = button("All image sets", onclose, { icon: "back" });
    const aside = h("div", { class: "side" }, back, this.#head, this.#list);
    this.element = h("div", { class: "study" }, aside, h("div", { class: "picture" }, this.#stage.element, this.#status));
  }

  /** Open an image set by its row; nothing is fetched again where one came by it already. */
  async open(row, { all } = {}) {
    if (this.#entry === row) return this.#draw();
    this.close();
    this.#entry = row;
    this.#rows = [row];
    this.#others(row.StudyInstanceUID, all);
    await this.#open(row);
  }

  close() {
    this.#leave();
    this.#searching?.abort();
    this.#searching = this.#entry = this.#next = null;
    this.#rows = [];
  }

  /** Draw what may hold patient data again. */
  redraw() {
    if (this.#row) this.#draw();
  }

  /** Find the other image sets of the study; without them it goes as well. */
  async #others(studyInstanceUid, all, next = null) {
    const { signal } = (this.#searching = new AbortController());
    try {
      const fields = { studyInstanceUid, limit: SETS, ...(all && { all }), ...(next && { next }) };
      const answer = await this.#api.imageSets(fields, signal);
      const known = new Set(this.#rows.map(({ imageSetId }) => imageSetId));
      this.#rows = [...this.#rows, ...answer.imageSets.filter(({ imageSetId }) => !known.has(imageSetId))].sort(bySeries);
      this.#next = answer.next && (() => this.#others(studyInstanceUid, all, answer.next));
      if (this.#row) this.#draw();
    } catch {
      this.#next = signal.aborted ? null : () => this.#others(studyInstanceUid, all, next);
      if (this.#row) this.#draw();
    }
  }

  async #open(row) {
    this.#leave();
    this.#row = row;
    const { signal } = (this.#stop = new AbortController());
    this.#draw();
    try {
      const set = await this.#api.imageSet(row.imageSetId, signal);
      if (signal.aborted) return;
      this.#set = set;
      this.#draw();
      const first = set.series.flatMap(({ instances }) => instances).find(({ frames }) => frames.length) ?? set.series[0]?.instances[0];
      if (first) this.#show(first);
    } catch (error) {
      if (signal.aborted) return;
      this.#problem = asProblem(error);
      this.#draw();
    }
  }

  /** Leave the image set that is open. */
  #leave() {
    this.#stop?.abort();
    this.#stack?.close();
    this.#stage.clear();
    this.#row = this.#set = this.#stack = this.#series = this.#shown = this.#stop = this.#problem = null;
    this.#listed = LISTED;
    say(this.#status, "");
  }

  #draw() {
    fill(this.#head, h("h1", {}, list(this.#row.StudyDescription) || "Study without a description"), h("p", {}, headingOf({ ...this.#row, StudyDescription: "" })));
    const focused = this.#list.contains(document.activeElement) && document.activeElement.subject;
    fill(this.#list, this.#rows.map((row) => this.#imageSet(row)), this.#next && button("More image sets", () => this.#next()));
    if (focused) this.#pick(focused)?.focus();
    this.#mark();
  }

  #imageSet(row) {
    const isOpen = row.imageSetId === this.#row.imageSetId;
    const name = [row.SeriesNumber, row.Modality, row.BodyPartExamined].filter((part) => part !== undefined).join(" · ") || "Image set";
    const facts = [row.NumberOfStudyRelatedInstances && count(row.NumberOfStudyRelatedInstances, "instance"), `version ${row.version}`].filter(Boolean).join(" · ");
    const tag = row.isPrimary === false && h("span", { class: "tag warning" }, "not primary");
    const pick = h("button", { type: "button", class: "pick set", "aria-expanded": String(isOpen), onclick: () => isOpen || this.#open(row) }, h("span", { class: "name" }, name), h("span", { class: "state" }, tag), h("span", { class: "facts muted" }, facts));
    pick.subject = row;
    return h("section", { class: "objects" }, h("h2", {}, pick), isOpen && this.#contents());
  }

  #contents() {
    if (this.#problem) return problemBox(this.#problem, button("Try again", () => this.#open(this.#row)));
    if (!this.#set) return h("p", { class: "muted loading", role: "status" }, "Loading the image set …");
    const instances = this.#set.series.flatMap((series) => series.instances);
    const more = instances.length > this.#listed && button(`${count(instances.length - this.#listed, "more instance")}`, () => this.#more(), { class: "link" });
    return [h("ol", {}, instances.slice(0, this.#listed).map((instance) => h("li", {}, this.#instance(instance)))), more];
  }

  #more() {
    this.#listed += LISTED;
    this.#draw();
  }

  #instance(instance) {
    const frames = instance.frames.length > 1 && count(instance.frames.length, "frame");
    const size = instance.Columns && `${instance.Columns} × ${instance.Rows}`;
    const facts = instance.problem ? "cannot be read" : [size, frames, !instance.frames.length && "no picture"].filter(Boolean).join(" · ");
    const pick = h("button", { type: "button", class: "pick", onclick: () => this.#show(instance) }, h("span", { class: "name" }, this.#nameOf(instance)), h("span", { class: "facts muted" }, facts));
    pick.subject = instance;
    return pick;
  }

  #nameOf(instance) {
    const series = this.#seriesOf(instance);
    const number = String(instance.InstanceNumber ?? "").trim() || series.instances.indexOf(instance) + 1;
    return `${series.Modality ?? "Object"} ${number}`;
  }

  #seriesOf(instance) {
    return this.#set.series.find(({ instances }) => instances.includes(instance));
  }

  #pick(subject) {
    return [...this.#list.querySelectorAll(".pick")].find((pick) => pick.subject === subject);
  }

  #mark() {
    for (const pick of this.#list.querySelectorAll(".pick:not(.set)")) attribute(pick, "aria-current", pick.subject === this.#shown && "true");
  }

  /** Show an instance: its frames in the stack of its series, or what can be told of it. */
  async #show(instance) {
    this.#shown = instance;
    this.#mark();
    if (!instance.header) {
      this.#begin(null);
      return void fill(this.#status, problemBox({ ...instance.problem, parts: [instance.problem.message] }));
    }
    const name = this.#nameOf(instance);
    if (!instance.frames.length) {
      this.#begin(null);
      await this.#stage.show(beginningOf(instance), { name });
      return void this.#tell(instance, null);
    }
    const series = this.#seriesOf(instance);
    if (series === this.#series) return void this.#stage.go(this.#stack.numberOf(instance));
    const { imageSetId } = this.#set;
    const stack = this.#begin(series, (frameId, signal) => this.#api.frame(imageSetId, frameId, signal));
    say(this.#status, "Loading the first frame …");
    const onFrame = (number, picture) => this.#followed(stack, number, picture);
    const title = `Series ${series.SeriesNumber ?? ""}`.trim();
    const shown = await this.#stage.showStack(stack, { name: title, number: stack.numberOf(instance), onFrame });
    if (shown && shown.kind !== "image" && stack === this.#stack) this.#tell(instance, null);
  }

  /** Begin with a series, or with what is none. */
  #begin(series, fetch) {
    this.#stack?.close();
    this.#series = series;
    this.#stack = series && new SeriesStack(series, fetch);
    if (!series) this.#stage.clear();
    return this.#stack;
  }

  /** The viewer shows a frame of the stack. */
  #followed(stack, number, picture) {
    if (stack !== this.#stack) return;
    const { instance } = stack.at(number);
    if (instance !== this.#shown) {
      this.#shown = instance;
      this.#mark();
      this.#pick(instance)?.scrollIntoView({ block: "nearest" });
    }
    this.#tell(instance, picture);
  }

  #tell(instance, picture) {
    const checked = { true: "checksum as imported", false: "checksum differs: not what was imported" }[picture?.isIntact] ?? (picture && "no checksum");
    const parts = [this.#nameOf(instance), checked, instance.remarks && count(instance.remarks.length, "element cannot be read", "elements cannot be read")];
    const text = parts.filter(Boolean).join(" · ");
    attribute(this.#status, "data-intact", picture?.isIntact === undefined ? null : String(picture.isIntact));
    say(this.#status, text);
  }
}
