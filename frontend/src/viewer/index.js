/**
 * The viewer of DICOM objects, and of JPEG, PNG and GIF pictures.
 *
 * `viewer.open(blob, {name, serverPicture, onStatus})` shows a file and resolves to what became of it:
 * `{kind: "image", frames, by: "browser" | "server", rows, columns, message}`, `{kind: "no-pixels", code, message}`,
 * `{kind: "unsupported", code, message}`, or `{kind: "closed"}` where another was opened meanwhile. It never rejects.
 * `serverPicture({frame, center, width})` gives a picture of what the browser cannot decode, as a blob; without
 * `center` and `width` the object's own window is meant. `viewer.openStack(stack, {name, number, onFrame})` shows the
 * frames of several objects as one stack (see StackSource); `onFrame(number, picture)` hears which is shown. `viewer.openServerPicture({serverPicture, name, frames})`
 * shows such pictures alone; `viewer.setBoxes([{box: {left, top, width, height}, label, tone?}])` draws boxes, in
 * fractions of the picture, `tone` "warning" in another colour; `viewer.close()` ends the viewer.
 *
 * Nothing of an object leaves the page or is kept in it. `name` may be a patient's, and is shown as patient data are.
 */
import { Viewer } from "./viewer.js";

/** Make a viewer in an element. @param {HTMLElement} container @returns {Viewer} */
export const createViewer = (container, options = {}) => new Viewer(container, { worker: WORKER_URL, ...options });
