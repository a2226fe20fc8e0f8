/** The worker, asked and answered; ended and started anew when it does not answer in time. */

const LIMIT = 20_000;

/** What the worker, or this side of it, says against an object. */
export class Refused extends Error {
  /** @param {{code: string, message: string}} refusal */
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/** Requests to one worker, which holds one opened blob at a time. */
export class Client {
  #url;
  #worker = null;
  #blob = null;
  #next = 1;
  #waiting = new Map();
  #timer = 0;
  #limit;

  /** @param {string} url of the worker's script @param {number} limit milliseconds without an answer */
  constructor(url, limit = LIMIT) {
    this.#url = url;
    this.#limit = limit;
  }

  /** Open a blob; whatever was asked of the last one is dropped. @throws {Refused} */
  async open(blob) {
    if (this.#waiting.size) this.close();
    this.#blob = blob;
    return this.#ask("open", { blob });
  }

  /** A frame, from 1. @returns {Promise<Picture>} @throws {Refused} */
  frame(number) {
    return this.#ask("frame", { number });
  }

  /** Open nothing: frames come with the beginnings of their objects. Whatever was asked before is dropped. */
  begin() {
    if (this.#waiting.size) this.close();
    this.#blob = null;
  }

  /** A frame of an object, `{object: {key, blob}, number, data, checksum}`. @returns {Promise<Picture>} @throws {Refused} */
  frameOf(wanted) {
    return this.#ask("frameOf", wanted);
  }

  /** The header's rows of what is open, or of another object, by its beginning. @throws {Refused} */
  rows(object) {
    return this.#ask("rows", { object });
  }

  /** The whole value of a row. */
  value(row) {
    return this.#ask("value", { row });
  }

  /** End the worker, with what it holds. */
  close() {
    this.#end({ code: "closed", message: "closed" });
    this.#blob = null;
  }

  #ask(task, wanted) {
    const worker = this.#started();
    const id = this.#next++;
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    worker.postMessage({ id, task, ...wanted });
    this.#watch();
    return answered;
  }

  #started() {
    if (this.#worker) return this.#worker;
    this.#worker = new Worker(new URL(this.#url, import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#answer(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#restart({ code: "undecodable", message: "The file cannot be read here." });
    };
    return this.#worker;
  }

  #answer({ id, result, refusal }) {
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#watch();
    if (refusal) asked?.reject(new Refused(refusal));
    else asked?.resolve(result);
  }

  /** The limit counts from the last answer: what waits behind slow work is not at fault. */
  #watch() {
    clearTimeout(this.#timer);
    if (!this.#waiting.size) return;
    const told = { code: "undecodable", message: "The file takes too long to read: reading it was given up." };
    this.#timer = setTimeout(() => this.#restart(told), this.#limit);
  }

  #restart(refusal) {
    const blob = this.#blob;
    this.#end(refusal);
    if (blob) this.#ask("open", { blob }).catch(() => {});
  }

  #end(refusal) {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Refused(refusal));
  }
}
