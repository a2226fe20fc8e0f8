/** The bar of tools: a button for each command, and the choice of a window. */
import { COMMANDS } from "./commands.js";
import { drawing, make } from "./dom.js";
import { PRESETS } from "./windows.js";

/** The bar, which is told to `update` when something has changed. */
export class Toolbar {
  #viewer;
  #buttons = [];
  #offered = "";

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    this.select = make("select", { class: "viewer-window", "aria-label": "Window", onchange: () => this.#choose() });
    const groups = new Map();
    for (const command of COMMANDS) {
      const button = make("button", {
        type: "button",
        class: "viewer-tool",
        "aria-label": command.label,
        title: `${command.label} (${command.shown ?? command.keys[0]})`,
        "aria-pressed": command.isOn ? "false" : null,
        onclick: () => command.run(viewer),
      });
      button.append(drawing(command.icon));
      this.#buttons.push([command, button]);
      if (!groups.has(command.group)) groups.set(command.group, make("div", { class: "viewer-group" }));
      groups.get(command.group).append(button);
    }
    this.element = make("div", { class: "viewer-bar", role: "toolbar", "aria-label": "Picture" }, this.select, ...groups.values());
  }

  update() {
    const viewer = this.#viewer;
    for (const [command, button] of this.#buttons) {
      button.disabled = !command.isFor(viewer);
      if (command.isOn) button.setAttribute("aria-pressed", String(Boolean(command.isOn(viewer))));
    }
    const vois = viewer.picture?.vois ?? [];
    this.select.hidden = !vois.length;
    const offers = [
      ...vois.map((voi, at) => [`own ${at}`, voi.name]),
      ...(viewer.isCt ? PRESETS.map(({ name }, at) => [`preset ${at + 1}`, `${at + 1}  ${name}`]) : []),
      ["custom", "Custom"],
    ];
    const offered = JSON.stringify(offers);
    if (offered !== this.#offered) {
      this.#offered = offered;
      this.select.replaceChildren(...offers.map(([value, name]) => make("option", { value }, name)));
      this.select.lastChild.disabled = true;
    }
    this.select.value = viewer.windowing.choice;
  }

  #choose() {
    const [kind, number] = this.select.value.split(" ");
    if (kind === "own") this.#viewer.own(Number(number));
    if (kind === "preset") this.#viewer.preset(Number(number));
  }
}
