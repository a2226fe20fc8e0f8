/** The tab for conversions: one frame as JPEG or PNG, beside the lossless picture. */
import { Compare } from "./compare.js";
import { ConvertForm } from "./convert-form.js";
import { button, fill, h, icon } from "./dom.js";
import { bytes } from "./format.js";
import { problemBox } from "./notices.js";
import { guarded, patientDataShown } from "./patient.js";
import { asProblem } from "./problem.js";

/** Elements of the metadata that tell nothing of who the patient is. */
const HARMLESS = /^(Modality|Rows|Columns|NumberOfFrames|PhotometricInterpretation|SamplesPerPixel|Bits(Allocated|Stored)|PixelRepresentation|Window(Center|Width)|Rescale(Intercept|Slope)|PixelSpacing|SliceThickness|TransferSyntaxUID|SOPClassUID|SeriesNumber|InstanceNumber|BodyPartExamined|Manufacturer)$/;

/** The panel. */
export class ConvertPanel {
  #session;
  #api;
  #voice;
  #form;
  #compare = new Compare();
  #stop = null;
  #answer = null;
  #saved = "";
  #out = h("div", { class: "outcome" });
  #details = h("div", { class: "details" });

  constructor({ session, service, voice }) {
    this.#session = session;
    this.#api = service?.api ?? null;
    this.#voice = voice;
    this.#form = new ConvertForm((request, reference) => this.#convert(request, reference));
    const side = h("div", { class: "side" }, h("h1", {}, "Convert a frame"), this.#form.element, this.#details);
    this.element = h("section", { class: "panel convert", "aria-label": "Convert" }, side, this.#out);
    session?.user.follow(() => this.#answer || this.#empty());
    if (!session) this.#empty();
    patientDataShown.follow(() => this.#drawDetails());
  }

  /** Come here with an address. */
  take(url, frame) {
    this.#form.set(url, frame);
    this.element.querySelector("input").focus();
  }

  #empty() {
    const user = this.#session?.user.value;
    const text = "The picture appears here, over the lossless one: drag the line between them to see what compression takes away.";
    const login = this.#session && !user && [h("p", { class: "muted" }, "Converting needs a login."), button("Log in", () => this.#session.begin(), { class: "primary" })];
    const none = !this.#api && h("p", { class: "muted" }, "This page has no service to convert with.");
    fill(this.#out, h("div", { class: "empty" }, icon("image"), h("p", {}, text), login, none));
  }

  async #convert(request, reference) {
    if (!this.#api) return;
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.#form.busy(true);
    this.#voice.say("Converting");
    try {
      const asked = [request, reference].filter(Boolean).map((fields) => this.#api.convert(fields, stop.signal));
      const [after, before] = await Promise.all(asked);
      this.#show(after, before, request);
    } catch (error) {
      if (!stop.signal.aborted) this.#fail(asProblem(error));
    }
    if (this.#stop === stop) this.#form.busy(false);
  }

  #fail(problem) {
    this.#answer = null;
    fill(this.#details);
    const login = problem.code === "unauthorized" && this.#session && button("Log in", () => this.#session.begin(), { class: "primary" });
    fill(this.#out, h("div", { class: "empty" }, problemBox(problem, ...[login].filter(Boolean))));
  }

  #show(after, before, request) {
    this.#answer = after;
    const name = `frame-${request.frame}.${after.data.format}`;
    URL.revokeObjectURL(this.#saved);
    this.#saved = URL.createObjectURL(after.blob);
    const save = h("a", { class: "button", href: this.#saved, download: name }, icon("download"), h("span", {}, `Download ${bytes(after.data.size)}`));
    const share = before ? after.data.size / before.data.size : 1;
    const other = before && `the ${before.data.format === "png" ? "PNG" : "other JPEG"}`;
    const ratio = share === 1 ? "" : share < 1 ? ` · ${(share * 100).toFixed(0)}% of ${other}` : ` · ${share.toFixed(1)} times ${other}`;
    this.#compare.show(before && { blob: before.blob, title: title(before) }, { blob: after.blob, title: title(after) });
    const line = h("p", { class: "summary" }, title(after), h("span", { class: "muted" }, ratio));
    fill(this.#out, h("div", { class: "outcome-head" }, line, save), this.#compare.element);
    this.#drawDetails();
    this.#voice.say(`Converted: ${title(after)}`);
  }

  #drawDetails() {
    if (!this.#answer) return;
    const { warnings = [], explanation = {}, metadata = {} } = this.#answer;
    fill(
      this.#details,
      warnings.length > 0 && h("div", { class: "box warning" }, h("ul", { class: "plain" }, warnings.map((text) => h("li", {}, text)))),
      facts("How it was drawn", Object.entries(explanation).map(([name, found]) => [name.replaceAll("_", " "), plain(found)])),
      facts("From the header", Object.entries(metadata).filter(([, found]) => found !== null).map(([name, found]) => [name, HARMLESS.test(name) ? plain(found) : guarded(plain(found))])),
    );
  }
}

function title({ data }) {
  return `${data.format === "png" ? "PNG" : `JPEG, quality ${data.quality}`} · ${bytes(data.size)}`;
}

function facts(heading, rows) {
  if (!rows.length) return null;
  return h("details", { open: heading.startsWith("How") }, h("summary", {}, heading), h("dl", { class: "facts" }, rows.map(([name, found]) => [h("dt", {}, name), h("dd", {}, found)])));
}

function plain(found) {
  if (found === null) return "–";
  if (Array.isArray(found)) return found.map(plain).join(", ");
  if (typeof found === "object") return Object.entries(found).map(([name, value]) => `${name.replaceAll("_", " ")} ${plain(value)}`).join(", ");
  if (typeof found === "boolean") return found ? "yes" : "no";
  return String(found);
}
