/** What lies under the pointer: where, and its value after the modality transformation, such as Hounsfield's. */
import { valueOf } from "../worker/modality.js";
import { told } from "./windows.js";

/** @param {Picture} picture @param {{x: number, y: number}} at in pixels of the picture; "" outside of it */
export function valueUnder(picture, at) {
  const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
  if (x < 0 || y < 0 || x >= picture.columns || y >= picture.rows) return "";
  const index = y * picture.columns + x;
  if (picture.rgba) return `${x}, ${y}: ${picture.rgba.slice(4 * index, 4 * index + 3).join(" ")}`;
  if (!picture.samples) return `${x}, ${y}`;
  return `${x}, ${y}: ${told(valueOf(picture.modality, picture.samples[index]))} ${picture.modality.unit}`.trim();
}
