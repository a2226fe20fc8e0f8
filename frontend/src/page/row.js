/** One file in the queue: what it is, how far it has come, what can be done with it. */
import { attribute, fill, h, iconButton, say } from "./dom.js";
import { bytes, count, percent } from "./format.js";
import { patientDataShown } from "./patient.js";

/** How a file is called on the page: its own name may tell who a patient is. */
export function nameOf(item) {
  return patientDataShown.value ? item.file.name : `File ${item.number}`;
}

/** The state in words. */
export function stateOf(item) {
  switch (item.state) {
    case "local":
      return "Not analysed";
    case "waiting":
      return "Waiting";
    case "uploading":
      return `Uploading ${Math.round(item.progress * 100)}%`;
    case "processing":
      return item.hint ? "Waiting for the service" : "Processing";
    case "slow":
      return "Still processing";
    case "complete":
      return count(item.answer.results?.labels?.length ?? 0, "label");
    case "failed":
      return "Failed";
    default:
      return "Cancelled";
  }
}

/** A list item; `act(name, item)` hears `select`, `cancel`, `start`, `look` and `remove`. */
export class Row {
  #name = h("span", { class: "name" });
  #facts = h("span", { class: "facts muted" });
  #state = h("span", { class: "state" });
  #bar = h("div", { class: "bar", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  #actions = h("div", { class: "row-actions" });
  #drawn = "";

  constructor(item, act) {
    this.item = item;
    this.act = act;
    this.pick = h("button", { type: "button", class: "pick", onclick: () => act("select", item) }, this.#name, this.#state, this.#facts);
    this.element = h("li", { class: "row" }, this.pick, this.#actions, this.#bar);
    item.kind.then((kind) => {
      this.kind = kind;
      this.update();
    });
  }

  update() {
    const { item } = this;
    say(this.#name, nameOf(item));
    say(this.#facts, `${this.kind?.name ?? ""} · ${bytes(item.file.size)}`);
    say(this.#state, stateOf(item));
    attribute(this.element, "data-state", item.state);
    const [upload] = this.#bar.children;
    upload.style.setProperty("--share", percent(item.state === "waiting" ? 0 : item.progress * 100));
    const buttons = `${item.state} ${nameOf(item)}`;
    if (buttons !== this.#drawn) this.#drawActions();
    this.#drawn = buttons;
  }

  mark(selected) {
    attribute(this.pick, "aria-current", selected && "true");
  }

  #drawActions() {
    const focused = this.#actions.contains(document.activeElement);
    const make = (icon, verb, action) => iconButton(icon, `${verb} ${nameOf(this.item)}`, () => this.act(action, this.item));
    const first = {
      local: () => make("wand", "Analyse", "start"),
      failed: () => make("retry", "Try again:", "start"),
      cancelled: () => make("retry", "Try again:", "start"),
      slow: () => make("retry", "Look again:", "look"),
    }[this.item.state];
    const last = this.item.running ? make("cross", "Cancel", "cancel") : make("cross", "Remove", "remove");
    fill(this.#actions, first?.(), last);
    if (focused) (this.#actions.firstElementChild ?? this.pick).focus();
  }
}
