/** Building and finding of elements. */

/**
 * An element. `class` is its class; `onclick` and the like are listeners; names with a dash, `role` and `for` are
 * attributes (null and false leave them out); the rest are properties. Children are nodes or text, in lists of any depth;
 * null and false are left out.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") attribute(element, name, value);
    else element[name] = value;
  }
  element.append(...nodes(children));
  return element;
}

/** Set an attribute; null and false take it away, true sets it to "true". */
export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** Replace all children. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Set the text where it differs: what assistive technology hears is what changed. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A button with a text, and an icon before it where one is named. */
export function button(text, onclick, props = {}) {
  const { icon: name, ...rest } = props;
  return h("button", { type: "button", onclick, ...rest }, name && icon(name), h("span", {}, text));
}

/** A button with an icon alone; its text is its name and its tooltip. */
export function iconButton(name, text, onclick, props = {}) {
  return h("button", { type: "button", class: "icon-button", title: text, "aria-label": text, onclick, ...props }, icon(name));
}

let ids = 0;

/** A labelled control in a form's grid, with a hint below where there is one. */
export function field(label, control, { hint, className = "" } = {}) {
  control.id ||= `f${++ids}`;
  const note = hint && h("small", { class: "hint", id: `${control.id}h` }, hint);
  if (note) attribute(control, "aria-describedby", note.id);
  return h("div", { class: `field ${className}` }, h("label", { for: control.id }, label), control, note);
}

/** A checkbox with its label behind it: one that is there, or one with such properties. */
export function check(label, props = {}) {
  const box = props instanceof Element ? props : h("input", { type: "checkbox", ...props });
  return { box, element: h("label", { class: "check" }, box, h("span", {}, label)) };
}

/** A choice of one: options as `[value, text]`. */
export function select(options, props = {}) {
  const { value, ...rest } = props;
  const element = h("select", rest, options.map(([key, text]) => h("option", { value: key }, text)));
  if (value !== undefined) element.value = value;
  return element;
}

const PATHS = {
  upload: "M8 11V3M4.5 6 8 2.5 11.5 6M2.5 11v2.5h11V11",
  folder: "M1.5 4.5V13h13V5.5H8L6.5 3.5h-5z",
  check: "M3 8.5 6.5 12 13 4.5",
  warning: "M8 2 1.5 13.5h13zM8 6.5v3.5M8 11.6v.4",
  cross: "M4 4l8 8M12 4l-8 8",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13.2 2v3h-3",
  eye: "M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8zM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
  download: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5l3.5 3.5",
  back: "M10 3 5 8l5 5",
  forward: "M6 3l5 5-5 5",
  image: "M2 3h12v10H2zM2 11l3.5-3.5 3 3 2-2L14 11.5M10.5 6.2v.1",
  wand: "M2.5 13.5 10 6M12 1.5v3M10.5 3h3M13.5 7v2M12.5 8h2M6 2v2M5 3h2",
};

/** A drawing of 16 pixels in the colour of the text around it, of no meaning by itself. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS(svg.namespaceURI, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}
