/** The viewer's elements, and where they stand. */
import { HELP } from "./commands.js";
import { make } from "./dom.js";

/** Build it into a container. */
export function layOut(container, { toolbar, cine, header, texts, onHelp }) {
  const canvas = make("canvas", { class: "viewer-canvas", tabindex: "0", role: "img", "aria-label": "No picture is open" });
  const notice = make("p", { class: "viewer-notice", role: "status", hidden: true });
  const line = make("p", { class: "viewer-line", role: "status" });
  const live = make("p", { class: "viewer-live", role: "status" });
  const entries = HELP.flatMap(([keys, what]) => [make("dt", {}, keys), make("dd", {}, what)]);
  const close = make("button", { type: "button", class: "viewer-button", onclick: onHelp }, "Close");
  const help = make("div", { class: "viewer-help", role: "dialog", "aria-label": "Keys and gestures", hidden: true }, make("dl", {}, ...entries), close);
  const stage = make("div", { class: "viewer-stage" }, canvas, ...texts, line, help);
  const root = make("section", { class: "viewer", "aria-label": "Viewer" }, toolbar.element, notice, stage, cine.element, header.element, live);
  container.append(root);
  return { root, canvas, notice, line, live, help, stage };
}
