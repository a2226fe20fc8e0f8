/** Imports: an address in S3 whose files go into the archive, and what becomes of them. */
import { button, field, fill, h, icon } from "./dom.js";
import { ImportCard } from "./import-card.js";
import { problemBox } from "./notices.js";
import { patientDataShown } from "./patient.js";
import { asProblem } from "./problem.js";

const KEPT = "imports";
const PAUSES = 5; // of which each is longer, where the service cannot be reached

/**
 * The panel; `onfound` hears that image sets are to be looked at. The ids of imports are kept as long as the browser's
 * tab is open, nothing else of them is.
 */
export class ImportsPanel {
  #session;
  #api;
  #voice;
  #onfound;
  #cards = [];
  #source = h("input", { type: "text", inputMode: "url", required: true, autocomplete: "off", spellcheck: false, placeholder: "s3://bucket/study/", pattern: "s3://.+" });
  #send = button("Import", null, { type: "submit", class: "primary" });
  #fault = h("div", {});
  #out = h("div", { class: "jobs" });

  constructor({ session, service, voice, onfound }) {
    this.#session = session;
    this.#api = service?.api ?? null;
    this.#voice = voice;
    this.#onfound = onfound;
    const hint = "A folder or an object in a bucket that the service may import from; copies of the files go into HealthImaging, then each frame is fetched and compared.";
    const submit = (event) => {
      event.preventDefault();
      this.#start();
    };
    const form = h("form", { class: "form", onsubmit: submit, autocomplete: "off" }, field("Source", this.#source, { hint }), h("div", { class: "actions" }, this.#send));
    this.list = h("div", { class: "side" }, h("h1", {}, "Import a study"), form, this.#fault);
    this.element = h("section", { class: "panel imports", "aria-label": "Imports" }, this.list, this.#out);
    session?.user.follow((user) => this.#enter(user));
    if (!session) this.#draw();
    patientDataShown.follow(() => this.#cards.forEach((card) => card.draw()));
  }

  /** Who is logged in is somebody else: each has his own imports. */
  #enter(user) {
    this.#cards.forEach((card) => card.stop.abort());
    this.#cards = [];
    if (!user) sessionStorage.removeItem(KEPT);
    else for (const jobId of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) this.#add({ jobId, status: "pending" });
    this.#send.disabled = !user || !this.#api;
    this.#draw();
  }

  async #start() {
    const source = this.#source.value.trim();
    this.#send.disabled = true;
    fill(this.#fault);
    try {
      const job = await this.#api.startImport({ source });
      this.#add({ source, ...job });
      sessionStorage.setItem(KEPT, JSON.stringify(this.#cards.map((card) => card.job.jobId).reverse()));
      this.#source.value = "";
      this.#voice.say("Import started");
    } catch (error) {
      fill(this.#fault, problemBox(asProblem(error)));
    }
    this.#send.disabled = false;
    this.#draw();
  }

  #add(job) {
    const card = new ImportCard(job, this.#onfound);
    this.#cards.unshift(card);
    this.#watch(card);
  }

  /** Look at an import again and again, until it has ended. */
  async #watch(card) {
    const { signal } = card.stop;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const job = await this.#api.importJob(card.job.jobId, signal);
        failures = 0;
        const before = card.job.status;
        card.show(job);
        if (job.status !== before) this.#voice.say(`Import ${job.status}`);
        if (!job.retryAfter) return;
        await pause(job.retryAfter, signal);
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        if (problem.code === "job_not_found") return this.#forget(card);
        failures += 1;
        if (!problem.passes || failures > PAUSES) return card.fail(problem, () => this.#watch(card));
        await pause(2 ** failures, signal);
      }
    }
  }

  #forget(card) {
    this.#cards = this.#cards.filter((one) => one !== card);
    this.#draw();
  }

  #draw() {
    if (this.#cards.length) return void fill(this.#out, h("ul", { "aria-label": "Your imports" }, this.#cards.map((card) => card.element)));
    const user = this.#session?.user.value;
    const text = this.#api ? "Your imports appear here: how far each is, and which files were refused." : "This page has no service to import with.";
    const login = this.#session && !user && [h("p", { class: "muted" }, "Importing needs a login."), button("Log in", () => this.#session.begin(), { class: "primary" })];
    fill(this.#out, h("div", { class: "empty" }, icon("upload"), h("p", {}, text), login));
  }
}

function pause(seconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
