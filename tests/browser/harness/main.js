// The viewer alone on a page, for tests: what they need of it stands in window.harness.
import { createViewer } from "../../../frontend/src/viewer/index.js";
import { windowOf } from "../../../frontend/src/viewer/windows.js";

let viewer = createViewer(document.querySelector("main"));

const fetched = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} is not there`);
  return answer.blob();
};

/** Open what the server has at a path. */
async function open(path, { server } = {}) {
  const blob = await fetched(path);
  const asked = [];
  const serverPicture = server && ((wanted) => (asked.push(wanted), fetched(server)));
  const opened = await viewer.open(blob, { name: "a name", serverPicture });
  return { ...opened, asked };
}

/** Show frames as a stack: `places` have the path of an object's beginning, its key, a number, a checksum, and their own path. */
function stack(places) {
  const asked = [];
  const frame = async (number) => {
    const { beginning, key, path, ...rest } = places[number - 1];
    asked.push(number);
    const data = new Uint8Array(await (await fetched(path)).arrayBuffer());
    return { object: (objects[key] ??= { key, blob: await fetched(beginning) }), data, ...rest };
  };
  const objects = {};
  const seen = [];
  const onFrame = (number, picture) => seen.push([number, picture.isIntact]);
  window.harness.seen = seen;
  return viewer.openStack({ frames: places.length, frame, ahead: () => {} }, { onFrame });
}

/** How the painted picture differs from the RGBA bytes at a path. */
async function compare(path) {
  const expected = new Uint8Array(await (await fetched(path)).arrayBuffer());
  const { width, height, data } = viewer.pixels();
  if (data.length !== expected.length) return { size: [width, height] };
  const worst = [0, 0, 0]; // equal, by one, by more
  let most = 0;
  for (let at = 0; at < data.length; at += 4) {
    let off = 0;
    for (let channel = 0; channel < 3; channel += 1) off = Math.max(off, Math.abs(data[at + channel] - expected[at + channel]));
    worst[Math.min(off, 2)] += 1;
    most = Math.max(most, off);
  }
  return { equal: worst[0], one: worst[1], more: worst[2], most };
}

/** Show another window. */
const show = (center, width) => viewer.choose("custom", windowOf("Custom", center, width));

/** A new viewer in the old one's place. */
function restart(options) {
  viewer.close();
  viewer = window.harness.viewer = createViewer(document.querySelector("main"), options);
}

window.harness = { viewer, restart, open, stack, compare, window: show };
