/** Pointers, wheel and keys -> what the viewer is to do. */
import { COMMANDS, KEYS_ALONE } from "./commands.js";

const TYPING = "input, textarea, select, [contenteditable]";

/** Listen to a canvas. Returns what ends it. @param {Viewer} viewer @param {HTMLElement} root */
export function listen(viewer, root, canvas) {
  const ending = new AbortController();
  const on = (target, type, handle, options) =>
    target.addEventListener(type, handle, { signal: ending.signal, ...options });
  const pointers = new Map();
  let mode = "";
  let isSpaceDown = false;
  let isOver = false;

  on(canvas, "contextmenu", (event) => event.preventDefault());
  on(canvas, "pointerenter", () => (isOver = true));
  on(canvas, "pointerleave", () => {
    isOver = false;
    viewer.point(null);
  });
  on(canvas, "pointerdown", (event) => {
    if (!viewer.picture || event.button > 2) return;
    event.preventDefault(); // of text being selected
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    mode = pointers.size > 1 ? "pinch" : modeOf(event);
    if (mode === "window") viewer.beginWindow();
    if (mode === "measure") viewer.beginLength(place(event));
  });
  on(canvas, "pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const now = place(event);
    viewer.point(now);
    if (!before) return;
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    pointers.set(event.pointerId, now);
    const [across, down] = [now.x - before.x, now.y - before.y];
    if (mode === "window") viewer.dragWindow(across, down);
    if (mode === "move") viewer.move(across, down);
    if (mode === "measure") viewer.stretchLength(now);
    if (mode === "zoom") viewer.zoom(Math.exp(-down / 150));
    if (mode === "pinch" && others.length) pinch(before, now, others[0]);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    on(canvas, type, (event) => {
      if (!pointers.delete(event.pointerId)) return;
      if (mode === "window") viewer.endWindow();
      if (mode === "measure") viewer.endLength();
      mode = ""; // the finger that is left does nothing until it is lifted too
    });
  }
  on(canvas, "wheel", (event) => {
    if (!viewer.picture) return;
    event.preventDefault();
    const lines = event.deltaY * (event.deltaMode === 1 ? 33 : 1);
    if (viewer.frames > 1 && !event.ctrlKey) viewer.scroll(lines);
    else viewer.zoom(Math.exp(-lines / 400), place(event));
  }, { passive: false });
  on(canvas, "dblclick", () => viewer.reset());
  on(document, "keydown", (event) => {
    const isHere = root.contains(document.activeElement) || (isOver && document.activeElement === document.body);
    if (!isHere || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest(TYPING) && event.key !== "Escape") return;
    if (target?.closest("button, a, summary, th") && [" ", "Enter"].includes(event.key)) return;
    if (event.key === " ") isSpaceDown = true;
    if (event.key === " " && event.repeat) return event.preventDefault();
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = [...COMMANDS, ...KEYS_ALONE].find(({ keys }) => keys.includes(key));
    if (!command?.isFor(viewer)) return;
    event.preventDefault();
    if (key !== " ") command.run(viewer);
  });
  let isSpaceUsed = false;
  on(document, "keyup", (event) => {
    if (event.key !== " " || !isSpaceDown) return;
    isSpaceDown = false;
    if (!isSpaceUsed) viewer.reset();
    isSpaceUsed = false;
  });
  return () => ending.abort();

  function modeOf(event) {
    if (isSpaceDown) {
      isSpaceUsed = true;
      return "move";
    }
    if (event.button === 1 || event.shiftKey) return "move";
    if (event.button === 2) return "zoom";
    if (viewer.state.measuring) return "measure";
    return viewer.canWindow ? "window" : "move";
  }

  function pinch(before, now, other) {
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    viewer.move((now.x - before.x) / 2, (now.y - before.y) / 2);
    const length = (point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    viewer.zoom(length(now) / length(before), middle);
  }

  function place(event) {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}
