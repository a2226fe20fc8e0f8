/** What concerns the whole page: told above everything, until it is closed. */
import { fill, h, iconButton } from "./dom.js";

/** The element of a problem: what happened and what to do, with actions (buttons) where there are any. */
export function problemBox(problem, ...actions) {
  const [first, ...rest] = problem.parts;
  const text = rest.length ? h("ul", {}, problem.parts.map((part) => h("li", {}, part))) : h("p", {}, first);
  const reference = problem.requestId && problem.status >= 500 && `Request ${problem.requestId}`;
  const code = h("p", { class: "small muted" }, [problem.code, reference].filter(Boolean).join(" · "));
  const advice = problem.advice && h("p", {}, problem.advice);
  return h("div", { class: "box danger", role: "alert" }, text, advice, code, actions.length > 0 && h("div", { class: "actions" }, actions));
}

/** A notice over the page. */
export class Notices {
  element = h("div", { class: "notices", role: "alert" });

  show(problem) {
    const text = [problem.message, problem.advice].filter(Boolean).join(" ");
    const close = iconButton("cross", "Close this notice", () => this.clear());
    fill(this.element, h("div", { class: "notice" }, h("p", {}, text), close));
  }

  clear() {
    fill(this.element);
  }
}

/** A polite voice for assistive technology: the newest text, at most every two seconds. */
export class Voice {
  element = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  #timer = 0;

  say(text) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.element.textContent = text), this.element.textContent ? 2000 : 100);
  }
}
