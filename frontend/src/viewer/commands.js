/** What can be done with a picture: each by a button, a key or both. */

const TURN_RIGHT = "M20 5v5h-5M19.5 10A8 8 0 1 0 20 14";
const TURN_LEFT = "M4 5v5h5M4.5 10A8 8 0 1 1 4 14";

/**
 * A command: `keys` as KeyboardEvent.key has them, `icon` a path, `run(viewer)`, `isOn(viewer)` of what is switched,
 * `isFor(viewer)` where it is of use.
 */
export const COMMANDS = [
  { name: "invert", label: "Invert", keys: ["i"], group: 1, icon: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18M12 8h7M12 12h9M12 16h7",
    run: (viewer) => viewer.invert(), isOn: (viewer) => viewer.state.inverted, isFor: hasPicture },
  { name: "overlays", label: "Overlay planes", keys: ["o"], group: 1, icon: "M4 8l8-4 8 4-8 4zM4 12l8 4 8-4M4 16l8 4 8-4",
    run: (viewer) => viewer.toggle("overlays"), isOn: (viewer) => viewer.state.overlays,
    isFor: (viewer) => Boolean(viewer.picture?.overlays.length) },
  { name: "measure", label: "Measure a distance", keys: ["d"], group: 1, icon: "M4 16L16 4l4 4L8 20zM8 12l2 2M11 9l2 2M14 6l2 2",
    run: (viewer) => viewer.toggle("measuring"), isOn: (viewer) => viewer.state.measuring, isFor: hasPicture },
  { name: "left", label: "Rotate left", keys: ["l"], group: 2, icon: TURN_LEFT, run: (viewer) => viewer.turn(-1), isFor: hasPicture },
  { name: "right", label: "Rotate right", keys: ["r"], group: 2, icon: TURN_RIGHT, run: (viewer) => viewer.turn(1), isFor: hasPicture },
  { name: "horizontally", label: "Flip horizontally", keys: ["h"], group: 2, icon: "M12 3v18M9 7v10H4zM15 7v10h5z",
    run: (viewer) => viewer.flip(false), isFor: hasPicture },
  { name: "vertically", label: "Flip vertically", keys: ["v"], group: 2, icon: "M3 12h18M7 9h10V4zM7 15h10v5z",
    run: (viewer) => viewer.flip(true), isFor: hasPicture },
  { name: "smaller", label: "Zoom out", keys: ["-", "_"], group: 3, icon: "M5 11a6 6 0 1 0 12 0a6 6 0 1 0-12 0M16 16l4 4M8.5 11h5",
    run: (viewer) => viewer.zoom(1 / 1.25), isFor: hasPicture },
  { name: "larger", label: "Zoom in", keys: ["+", "="], group: 3, icon: "M5 11a6 6 0 1 0 12 0a6 6 0 1 0-12 0M16 16l4 4M8.5 11h5M11 8.5v5",
    run: (viewer) => viewer.zoom(1.25), isFor: hasPicture },
  { name: "reset", label: "Reset", keys: [" "], shown: "Space", group: 3, icon: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    run: (viewer) => viewer.reset(), isFor: hasPicture },
  { name: "texts", label: "Texts on the picture", keys: ["t"], group: 4, icon: "M5 6V4h14v2M12 4v16M9 20h6",
    run: (viewer) => viewer.toggle("texts"), isOn: (viewer) => viewer.state.texts, isFor: hasPicture },
  { name: "patient", label: "Show patient data", keys: ["p"], group: 4, icon: "M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4 21c0-5 4-7 8-7s8 2 8 7",
    run: (viewer) => viewer.toggle("patient"), isOn: (viewer) => viewer.state.patient, isFor: (viewer) => viewer.hasHeader },
  { name: "header", label: "Header", keys: ["e"], group: 4, icon: "M4 5h16M4 10h16M4 15h16M4 20h10",
    run: (viewer) => viewer.toggle("header"), isOn: (viewer) => viewer.state.header, isFor: (viewer) => viewer.hasHeader },
  { name: "help", label: "Keys and gestures", keys: ["?"], group: 4, icon: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18v.01M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0",
    run: (viewer) => viewer.toggle("help"), isOn: (viewer) => viewer.state.help, isFor: () => true },
];

/** Those without a button of their own in the bar. */
export const KEYS_ALONE = [
  { keys: ["ArrowRight", "ArrowDown", "PageDown"], run: (viewer) => viewer.step(1), isFor: hasFrames },
  { keys: ["ArrowLeft", "ArrowUp", "PageUp"], run: (viewer) => viewer.step(-1), isFor: hasFrames },
  { keys: ["Home"], run: (viewer) => viewer.go(1), isFor: hasFrames },
  { keys: ["End"], run: (viewer) => viewer.go(viewer.frames), isFor: hasFrames },
  { keys: ["c"], run: (viewer) => viewer.play(), isFor: hasFrames },
  { keys: ["Escape"], run: (viewer) => viewer.escape(), isFor: (viewer) => viewer.canEscape },
  ...[1, 2, 3, 4, 5].map((number) => ({
    keys: [String(number)], run: (viewer) => viewer.preset(number), isFor: (viewer) => viewer.isCt,
  })),
];

/** What the help tells. */
export const HELP = [
  ["Drag", "window: right wider, down darker"],
  ["Shift + drag, middle button, two fingers", "move"],
  ["Wheel", "zoom; of several frames: next and previous"],
  ["Ctrl + wheel, pinch", "zoom"],
  ["← → ↑ ↓, Home, End", "frames"],
  ["c", "play and stop"],
  ["1 – 5", "CT: soft tissue, lung, liver, bone, brain"],
  ...COMMANDS.map(({ shown, keys, label }) => [shown ?? keys[0], label.toLowerCase()]),
  ["Escape", "close, stop measuring"],
];

function hasPicture(viewer) {
  return Boolean(viewer.picture);
}

function hasFrames(viewer) {
  return viewer.frames > 1 && Boolean(viewer.picture);
}
