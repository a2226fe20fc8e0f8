/** Waiting: for a turn, and for time. */

/** Lets `limit` tasks run at a time, in the order in which they came. */
export class Gate {
  #free;
  #queue = [];

  constructor(limit) {
    this.#free = limit;
  }

  /** What the task returns. A task whose `signal` ends while it waits never runs: AbortError. */
  async run(task, signal) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve, reject) => this.#wait(resolve, reject, signal));
    try {
      signal?.throwIfAborted();
      return await task();
    } finally {
      this.#leave();
    }
  }

  #wait(resolve, reject, signal) {
    const turn = () => {
      signal?.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      this.#queue.splice(this.#queue.indexOf(turn), 1);
      reject(signal.reason);
    };
    this.#queue.push(turn);
    signal?.addEventListener("abort", leave, { once: true });
  }

  #leave() {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/** Wait; AbortError at once where `signal` ends. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}
