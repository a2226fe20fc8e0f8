/** Windows that are chosen: the object's own, presets for CT, and those that are dragged (PS3.3 C.11.2). */

/** Centre and width in Hounsfield units, as the server has them; keys 1 to 5. */
export const PRESETS = [
  { name: "Soft tissue", center: 50, width: 400 },
  { name: "Lung", center: -600, width: 1500 },
  { name: "Liver", center: 60, width: 160 },
  { name: "Bone", center: 480, width: 2500 },
  { name: "Brain", center: 40, width: 80 },
];

/** A preset, or a window that was asked for, as the server applies it. @returns {Voi} */
export const windowOf = (name, center, width) => ({
  name,
  center,
  width,
  function: width >= 1 ? "LINEAR" : "LINEAR_EXACT",
  lut: null,
});

/** What dragging starts from: a table's range stands for a table. */
export function asWindow(voi) {
  if (!voi.lut) return voi;
  const count = voi.lut.entries.length;
  return windowOf("Custom", voi.lut.first + count / 2, count);
}

/** The window after a drag by so many pixels: to the right is wider, downwards is darker by a higher centre. */
export function dragged(start, across, down) {
  const step = Math.max(start.width, 1e-6) / 250;
  const least = start.function === "LINEAR" && start.width >= 1 ? 1 : start.width / 1000;
  const width = Math.max(least, start.width + across * step);
  const places = step < 0.02 ? 1e6 : 10;
  const round = (value) => Math.round(value * places) / places;
  const found = windowOf("Custom", round(start.center + down * step), round(width) || width);
  return start.function === "SIGMOID" ? { ...found, function: "SIGMOID" } : found;
}

/** A number as short as it can be told. */
export const told = (value) => String(Number(value.toPrecision(6)));
