/** What the analysis of a file found, beside its picture. */
import { attribute, button, fill, h, icon, say } from "./dom.js";
import { bytes, count, percent } from "./format.js";
import { problemBox } from "./notices.js";
import { patientDataShown, revealButton } from "./patient.js";
import { nameOf, stateOf } from "./row.js";

/** Shows one Analysis; `act(name, item)` hears what a person wants, `onboxes(boxes)` which boxes to draw. */
export class Results {
  element = h("section", { class: "results", "aria-label": "Results" });
  item = null;
  #act;
  #onboxes;
  #drawn = "";
  #chosen = null;

  constructor({ act, onboxes, loggedIn }) {
    this.#act = act;
    this.#onboxes = onboxes;
    this.loggedIn = loggedIn;
    patientDataShown.follow(() => this.update(true));
  }

  /** Show another item, or null for none. */
  show(item) {
    this.item = item;
    this.#chosen = null;
    this.update(true);
  }

  /** Draw again if there is something new, so that what has the focus keeps it. */
  update(always = false) {
    const { item } = this;
    if (!item) return void fill(this.element, h("p", { class: "muted" }, "Choose a file to see what was found in it."));
    const state = `${item.state}${item.hint}`;
    const upload = item.state === "uploading" && this.element.querySelector(".upload");
    if (upload) say(upload, now(item));
    if (!always && state === this.#drawn) return;
    this.#drawn = state;
    const results = item.state === "complete" && item.answer.results;
    fill(this.element, this.#head(item), this.#state(item), results && this.#found(results));
    this.#sendBoxes();
  }

  /** Whether boxes belong on the picture that is shown, and what to say if they do not. */
  note(text) {
    const place = this.element.querySelector(".box-note");
    if (place) fill(place, text);
  }

  /** The boxes of a chosen label, else those of all that have any. */
  boxes() {
    const results = this.item?.state === "complete" ? this.item.answer.results : null;
    if (!results) return [];
    const labels = (results.labels ?? []).filter((label) => !this.#chosen || label === this.#chosen);
    const instances = labels.flatMap((label) => label.instances.map(({ box, confidence }) => ({ box, label: `${label.name} ${percent(confidence)}` })));
    const texts = this.#chosen ? [] : (results.burnedInText ?? []).map(({ box }) => ({ box, label: "Patient data?", tone: "warning" }));
    return [...instances, ...texts];
  }

  #head(item) {
    const kind = h("span", { class: "muted" });
    item.kind.then(({ name }) => (kind.textContent = `${name} · ${bytes(item.file.size)}`));
    return h("header", {}, h("h2", { title: nameOf(item) }, nameOf(item)), kind);
  }

  #state(item) {
    if (item.state === "failed") {
      const again = button("Try again", () => this.#act("start", item), { icon: "retry" });
      const login = button("Log in", () => this.#act("login"), { class: "primary" });
      return problemBox(item.problem, item.problem.code === "unauthorized" ? [login, again] : again);
    }
    if (item.state === "local") return this.#local(item);
    if (item.state === "cancelled") {
      return h("div", { class: "box" }, h("p", {}, "The analysis was cancelled."), h("div", { class: "actions" }, button("Try again", () => this.#act("start", item), { icon: "retry" })));
    }
    if (item.state === "slow") {
      const text = "The analysis takes longer than usual. It goes on by itself: look again a little later.";
      return h("div", { class: "box warning" }, h("p", {}, text), h("div", { class: "actions" }, button("Look again", () => this.#act("look", item), { icon: "retry" })));
    }
    return item.state === "complete" ? null : steps(item);
  }

  #local(item) {
    if (this.loggedIn()) {
      return h("div", { class: "box" }, h("p", {}, "This file has not left your computer."), h("div", { class: "actions" }, button("Analyse", () => this.#act("start", item), { icon: "wand", class: "primary" })));
    }
    const can = this.loggedIn() !== null;
    const text = "This file is shown by your browser alone; it has not left your computer. Analysing it needs a login.";
    const hint = "Logging in leaves this page: add the files again afterwards.";
    return h("div", { class: "box" }, h("p", {}, can ? text : "This file is shown by your browser alone. Analysing needs a service, and this page has none."), can && h("p", { class: "small muted" }, hint), can && h("div", { class: "actions" }, button("Log in", () => this.#act("login"), { class: "primary" })));
  }

  #found(results) {
    return [
      burnedIn(results.burnedInText ?? []),
      this.#labels(results.labels ?? []),
      texts(results.text ?? [], results.burnedInText ?? []),
      warnings(results.warnings ?? []),
      about(results, this.item.answer),
    ];
  }

  #labels(labels) {
    const rows = labels.map((label) => h("li", {}, this.#label(label)));
    const boxes = labels.reduce((sum, label) => sum + label.instances.length, 0);
    const empty = h("p", { class: "muted" }, "Nothing was recognised with enough confidence.");
    return h(
      "section",
      {},
      h("h3", {}, "Labels ", h("span", { class: "muted" }, String(labels.length))),
      boxes > 0 && h("p", { class: "small muted box-note", role: "status" }),
      labels.length ? h("ul", { class: "labels" }, rows) : empty,
    );
  }

  #label(label) {
    const bar = h("span", { class: "confidence", "aria-hidden": "true" }, h("i"));
    bar.firstChild.style.width = percent(label.confidence);
    const boxes = label.instances.length;
    const parents = label.parents.length > 0 && h("span", { class: "parents muted" }, label.parents.map((name, at) => [at > 0 && " › ", name]));
    const parts = [h("span", { class: "name" }, label.name), h("span", { class: "number" }, percent(label.confidence)), bar, parents, boxes > 0 && h("span", { class: "tag" }, count(boxes, "box", "boxes"))];
    if (!boxes) return h("div", { class: "label" }, parts);
    const toggle = h("button", { type: "button", class: "label", "aria-pressed": "false", title: "Show only the boxes of this label", onclick: () => this.#choose(label) }, parts);
    toggle.label = label;
    return toggle;
  }

  #choose(label) {
    this.#chosen = this.#chosen === label ? null : label;
    for (const toggle of this.element.querySelectorAll("button.label")) attribute(toggle, "aria-pressed", String(toggle.label === this.#chosen));
    this.#sendBoxes();
  }

  #sendBoxes() {
    this.#onboxes(this.boxes());
  }
}

function steps(item) {
  const order = ["uploading", "processing", "complete"];
  const at = order.indexOf(item.state);
  const step = (name, number) => {
    const state = number < at ? "done" : number === at ? "now" : "next";
    return h("li", { class: state, "aria-current": number === at && "step" }, h("span", { class: "dot", "aria-hidden": "true" }, number < at && icon("check")), name);
  };
  const hint = item.hint && h("p", { class: "small" }, `${item.hint} Trying again.`);
  return h("div", { class: "box" }, h("ol", { class: "steps" }, ["Upload", "Processing", "Labels"].map(step)), h("p", { class: "muted upload" }, now(item)), hint);
}

function now(item) {
  if (item.state === "processing") return "This takes a few seconds.";
  return item.state === "waiting" ? "Other files go first." : stateOf(item);
}

function burnedIn(found) {
  if (!found.length) return null;
  const items = found.map(({ text, confidence, matches }) => h("li", {}, h("strong", {}, secret(text)), h("span", { class: "muted" }, ` ${matches.join(", ")} · ${percent(confidence)}`)));
  return h(
    "div",
    { class: "box warning", role: "alert" },
    h("p", { class: "heading" }, icon("warning"), "Patient data in the picture itself"),
    h("p", {}, `${count(found.length, "text")} drawn into the pixels ${found.length === 1 ? "looks" : "look"} like the patient's. Removing them from the header is not enough: do not pass this picture on as anonymous.`),
    h("ul", { class: "plain" }, items),
    reveal(),
  );
}

function texts(found, burned) {
  if (!found.length) return null;
  const items = found.map(({ text, confidence }) => h("li", {}, h("span", {}, secret(text)), h("span", { class: "number muted" }, percent(confidence))));
  return h("section", {}, h("h3", {}, "Text in the picture ", h("span", { class: "muted" }, String(found.length))), h("ul", { class: "texts" }, items), !burned.length && reveal());
}

function warnings(found) {
  return found.length > 0 && h("section", {}, h("h3", {}, "Notes"), h("ul", { class: "notes" }, found.map((text) => h("li", {}, text))));
}

function about(results, answer) {
  const version = [results.labelModelVersion, results.textModelVersion].filter(Boolean);
  const simulated = version.some((text) => /simulat/i.test(text));
  const facts = [
    ["Label model", results.labelModelVersion],
    ["Text model", results.textModelVersion],
    ["Analysed picture", results.width && `${results.width} × ${results.height} pixels`],
    ["Analysed", answer.updatedAt && new Date(answer.updatedAt).toLocaleString()],
  ].filter(([, value]) => value);
  return h(
    "section",
    {},
    h("h3", {}, "About this result"),
    simulated && h("p", {}, h("span", { class: "tag warning" }, "Simulated"), " These labels come from a stand-in for the real model."),
    h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("p", { class: "small" }, h("strong", {}, "Not for diagnostic use. "), results.notice ?? ""),
  );
}

function secret(text) {
  return patientDataShown.value ? text : h("span", { class: "masked" }, h("span", { "aria-hidden": "true" }, "•".repeat(Math.min(text.length, 12))), h("span", { class: "visually-hidden" }, "hidden text"));
}

function reveal() {
  if (patientDataShown.value) return null;
  return h("p", { class: "small" }, "The texts are hidden. ", revealButton());
}
