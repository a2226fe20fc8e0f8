/** The tab for files: drop them, see them, have them analysed. */
import { download } from "./api.js";
import { attribute, button, check, fill, h, icon } from "./dom.js";
import { filesOf, hasFiles } from "./dropped.js";
import { bytes } from "./format.js";
import { Problem } from "./problem.js";
import { Queue } from "./queue.js";
import { QueueView } from "./queue-view.js";
import { Results } from "./results.js";
import { go, place } from "./route.js";
import { Stage } from "./stage.js";

/** The panel; dropping works on the whole window, whatever tab is open. */
export class AnalysePanel {
  element = h("section", { class: "panel analyse", "aria-labelledby": "analyse-title" });
  /** What covers the page while files are dragged over it. */
  over = h("div", { class: "over", "aria-hidden": "true", hidden: true }, h("div", {}, icon("upload"), "Drop to add"));
  #session;
  #queue;
  #view;
  #results;
  #stage = new Stage();
  #selected = null;
  #analysed = false;
  #completed = null;
  #automatic = check("Analyse added files at once", { checked: true });
  #pictures = h("div", { class: "segmented", role: "group", "aria-label": "Picture" });

  constructor({ session, service, voice }) {
    this.#session = session;
    const listeners = { changed: (item) => this.#changed(item), listed: () => this.#listed() };
    this.#queue = new Queue(service, listeners);
    const act = (name, item) => this.#act(name, item);
    const automatic = service && this.#automatic.element;
    this.#view = new QueueView(this.#queue, { act, choosers: this.#choosers("Add files", "Add a folder"), voice, automatic });
    const loggedIn = () => (service ? session.user.value !== null : null);
    this.#results = new Results({ act, loggedIn, onboxes: (boxes) => this.#drawBoxes(boxes) });
    this.#build();
    session?.user.follow((user) => {
      this.#automatic.element.hidden = user === null;
      this.#hint(user, service);
      this.#results.update(true);
    });
    if (!session) this.#hint(null, null);
    this.#takeDrops();
  }

  #build() {
    this.hint = h("span");
    const limit = this.#queue.service?.maxUploadBytes;
    const most = Number.isFinite(limit) ? `, up to ${bytes(limit)} each` : "";
    const empty = h(
      "div",
      { class: "drop" },
      icon("upload"),
      h("p", { class: "large" }, "Drop images here, or anywhere on this page"),
      h("p", { class: "muted" }, `DICOM objects, JPEG, PNG, GIF; files and whole folders${most}`),
      this.#choosers(),
      h("ul", { class: "promises" }, [["eye", "View", "Your browser opens the file itself: window, zoom, frames, header. Nothing is sent for that."], ["wand", "Analyse", this.hint], ["image", "Private", "File names and patient data stay hidden until you switch them on. Nothing is kept in the browser."]].map(([name, title, text]) => h("li", {}, icon(name), h("h2", {}, title), h("p", { class: "muted" }, text)))),
    );
    const work = h("div", { class: "work" }, this.#view.element, h("div", { class: "picture" }, this.#stage.element, this.#pictures), this.#results.element);
    this.parts = { empty, work };
    work.hidden = true;
    this.#pictures.hidden = true;
    fill(this.element, h("h1", { class: "visually-hidden", id: "analyse-title" }, "Analyse images"), empty, work);
  }

  #hint(user, service) {
    const needs = user ? "Files are uploaded and looked at at once." : "This needs a login.";
    fill(this.hint, service ? `Labels, text, and a warning where patient data stand in the picture. ${needs}` : "This page has no service to analyse with.");
  }

  #choosers(filesText = "Choose files", folderText = "Choose a folder") {
    const choose = (props) => {
      const input = h("input", { type: "file", multiple: true, hidden: true, tabIndex: -1, ...props });
      input.addEventListener("change", () => {
        this.add([...input.files].filter((file) => !file.name.startsWith(".") && file.name !== "DICOMDIR"));
        input.value = "";
      });
      return input;
    };
    const files = choose({});
    const folder = choose({ webkitdirectory: true });
    return h(
      "div",
      { class: "choosers" },
      button(filesText, () => files.click(), { icon: "upload", class: "primary" }),
      button(folderText, () => folder.click(), { icon: "folder" }),
      files,
      folder,
    );
  }

  /** Take files in; the first is shown if none is. */
  add(files) {
    if (!files.length) return;
    if (place().tab !== "analyse") go("analyse");
    const wasEmpty = this.#queue.items.length === 0;
    const added = this.#queue.add(files, this.#automatic.box.checked && Boolean(this.#session?.user.value));
    if (!this.#selected) this.#select(added[0]);
    if (wasEmpty) this.#view.focus(added[0]);
  }

  #act(name, item) {
    const acts = {
      select: () => this.#select(item),
      cancel: () => item.cancel(),
      start: () => (this.#queue.service && this.#session.user.value ? this.#queue.start(item) : this.#session?.begin()),
      look: () => this.#queue.look(item),
      remove: () => this.#remove(item),
      again: () => this.#queue.startAll("failed", "cancelled"),
      all: () => (this.#session.user.value ? this.#queue.startAll("local") : this.#session.begin()),
      clear: () => this.#queue.clear(),
      login: () => this.#session.begin(),
    };
    acts[name]();
  }

  #remove(item) {
    const at = this.#queue.items.indexOf(item);
    this.#queue.remove(item);
    const next = this.#queue.items[at] ?? this.#queue.items[at - 1];
    if (next) this.#view.focus(next);
  }

  #listed() {
    const { items } = this.#queue;
    this.parts.empty.hidden = items.length > 0;
    this.parts.work.hidden = items.length === 0;
    this.#view.listed();
    if (this.#selected && !items.includes(this.#selected)) this.#select(items[0] ?? null);
    if (!items.length) this.parts.empty.querySelector("button").focus();
  }

  #changed(item) {
    this.#view.changed(item);
    if (item !== this.#selected) return;
    this.#results.update();
    this.#drawPictures();
    const isNew = item.state === "complete" && item !== this.#completed;
    if (isNew && this.#stage.shown?.kind === "unsupported") this.#show(); // the service may have drawn it
    if (isNew) this.#completed = item;
  }

  #select(item) {
    if (item === this.#selected) return;
    this.#selected = item;
    this.#analysed = false;
    this.#view.mark(item);
    this.#results.show(item);
    this.#drawPictures();
    if (item) this.#show();
    else this.#stage.clear();
  }

  /** Show the file itself, or the picture that was analysed. */
  async #show() {
    const item = this.#selected;
    const { name } = item.file;
    const servers = { serverPicture: (asked) => this.#serverPicture(item, asked) };
    let blob = item.file;
    try {
      if (this.#analysed) blob = await this.#picture(item);
      if (item !== this.#selected) return;
      await this.#stage.show(blob, { name, ...(!this.#analysed && (item.running || item.state === "complete") && servers) });
    } catch (error) {
      this.#results.note(error.message);
    }
    if (item === this.#selected) this.#drawBoxes(this.#results.boxes());
  }

  async #picture(item) {
    const { imageUrl } = await item.renewed(this.#queue.service.api);
    return download(imageUrl);
  }

  /** The service's picture for what the browser cannot decode: there is one once the analysis is complete, of frame 1. */
  async #serverPicture(item, { frame = 1 } = {}) {
    if (frame !== 1) throw new Problem("first_frame", "The service drew frame 1 alone.");
    await item.completed();
    return this.#picture(item);
  }

  #drawPictures() {
    const item = this.#selected;
    this.#pictures.hidden = item?.state !== "complete" || !item.answer.imageUrl;
    if (this.#pictures.hidden) return;
    const choose = (analysed) => {
      this.#analysed = analysed;
      this.#drawPictures();
      this.#show();
    };
    const one = (text, analysed) => button(text, () => this.#analysed !== analysed && choose(analysed), { "aria-pressed": String(this.#analysed === analysed) });
    if (this.#pictures.children.length) {
      [...this.#pictures.children].forEach((child, at) => attribute(child, "aria-pressed", String(this.#analysed === Boolean(at))));
    } else fill(this.#pictures, one("File", false), one("As analysed", true));
  }

  /** Boxes are shares of the analysed picture: drawn where the picture shown has its shape. */
  #drawBoxes(boxes) {
    const results = this.#selected?.answer?.results;
    const fits = this.#analysed || sameShape(this.#stage.shown, results);
    this.#stage.setBoxes(fits ? boxes : []);
    if (fits) this.#results.note("Choose a label to see its boxes alone.");
    else if (this.#stage.shown) this.#results.note("The boxes belong to the analysed picture, which has another shape: choose “As analysed” below the picture.");
  }

  #takeDrops() {
    let depth = 0;
    const over = (change) => {
      depth = Math.max(0, depth + change);
      this.over.hidden = depth === 0;
    };
    const listen = (type, act) =>
      window.addEventListener(type, (event) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        act(event);
      });
    listen("dragenter", () => over(1));
    listen("dragleave", () => over(-1));
    listen("dragover", (event) => (event.dataTransfer.dropEffect = "copy"));
    listen("drop", async (event) => {
      over(-depth);
      this.add(await filesOf(event.dataTransfer));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#queue.items.some((item) => item.state === "uploading")) event.preventDefault();
    });
  }
}

/** Whether what the viewer shows has the shape of the analysed picture, within a pixel or two of rounding. */
function sameShape(shown, results) {
  if (!shown || shown.kind !== "image" || !results?.width) return false;
  const { columns, rows } = shown;
  return !columns || Math.abs((columns / rows) * (results.height / results.width) - 1) < 0.02;
}
