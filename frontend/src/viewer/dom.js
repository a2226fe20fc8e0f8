/** Elements of the page, made without markup. */

/** An element with attributes and children; `on…` are listeners, null and false attributes are left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of 24 units a side in lines of the text's colour. @param {string} path */
export function drawing(path) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["width", "20"], ["height", "20"], ["aria-hidden", "true"]]) {
    svg.setAttribute(key, value);
  }
  const line = document.createElementNS(SVG, "path");
  for (const [key, value] of [["d", path], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "1.75"],
    ["stroke-linecap", "round"], ["stroke-linejoin", "round"]]) line.setAttribute(key, value);
  svg.append(line);
  return svg;
}
