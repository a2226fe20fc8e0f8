/**
 * Where in the page one is: what stands after `#` (`#studies?modality=CT&page=2`), without a word of a patient.
 * What else belongs to a place is remembered here while the page lives, by a number that its history entry holds.
 */

/** The tabs, in their order; what a stack may lack is added where it has it. */
export const TABS = ["analyse", "convert", "studies"];
const MAY_STAND = { modality: /^[A-Z]{2,16}$/, limit: /^(10|25|50|100)$/, page: /^[1-9]\d{0,4}$/, view: /^(study|set)$/ };

const remembered = new Map();
const listeners = new Set();
const last = {};

/** The place: `{tab, params, memory}`. What may not stand in an address is left out. */
export function place() {
  const [name, query] = location.hash.slice(1).split("?");
  const params = {};
  for (const [key, value] of new URLSearchParams(query)) if (MAY_STAND[key]?.test(value)) params[key] = value;
  return { tab: TABS.includes(name) ? name : TABS[0], params, memory: remembered.get(history.state?.place) ?? null };
}

/** Go to a place, by a new entry of the history or in place of this one. `memory` is kept out of address and history. */
export function go(tab, params = {}, { memory = null, replace = false } = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([key, value]) => MAY_STAND[key]?.test(value)));
  const number = remembered.size + 1;
  remembered.set(number, memory);
  const hash = `#${tab}${query.size ? `?${query}` : ""}`;
  history[replace ? "replaceState" : "pushState"]({ place: number }, "", hash);
  tell();
}

/** Call `listener(place)` now and whenever the place is another. */
export function onPlace(listener) {
  listeners.add(listener);
  listener(place());
}

/** Begin to follow the browser's back and forward, and links to tabs. */
export function followHistory() {
  window.addEventListener("popstate", () => {
    // A tab's link brings back what was there when it was left.
    const left = last[place().tab];
    if (history.state === null && left) history.replaceState(left.state, "", left.hash);
    tell();
  });
  tell();
}

function tell() {
  const now = place();
  last[now.tab] = { state: history.state, hash: location.hash || `#${now.tab}` };
  for (const listener of listeners) listener(now);
}
