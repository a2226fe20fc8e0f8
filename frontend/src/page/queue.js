/** All files of the page, a few of them on their way at a time. */
import { Analysis } from "./analysis.js";
import { Gate } from "./gate.js";

const UPLOADS = 3;
const POLLS = 4;

/** The files in the order in which they came; `changed(item)` is called when one changes, `listed()` when the list does. */
export class Queue {
  items = [];
  #service;
  #numbers = 0;
  #listeners;

  /** `service` is `{api, maxUploadBytes}`, or null where there is none. */
  constructor(service, listeners) {
    this.#service = service && { ...service, uploads: new Gate(UPLOADS), polls: new Gate(POLLS) };
    this.#listeners = listeners;
  }

  get service() {
    return this.#service;
  }

  /** Take files in, and begin to analyse them if `analyse` says so. */
  add(files, analyse) {
    const added = files.map((file) => new Analysis((this.#numbers += 1), file, this.#listeners.changed));
    this.items.push(...added);
    this.#listeners.listed();
    if (analyse) for (const item of added) this.start(item);
    return added;
  }

  start(item) {
    item.start(this.#service);
  }

  look(item) {
    item.look(this.#service);
  }

  /** Begin with all in one of these states. */
  startAll(...states) {
    for (const item of this.items) if (states.includes(item.state)) this.start(item);
  }

  remove(item) {
    item.cancel();
    this.items = this.items.filter((one) => one !== item);
    this.#listeners.listed();
  }

  /** Take out what is not on its way. */
  clear() {
    this.items = this.items.filter((item) => item.running);
    this.#listeners.listed();
  }

  /** How many are in each state. */
  counts() {
    const counts = {};
    for (const { state } of this.items) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }
}
