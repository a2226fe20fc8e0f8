/** Which frame is shown: from where it comes, and what is done where it does not come. */
import { ServerSource } from "./sources.js";

const BY_SERVER = "The browser cannot decode this object: the server's rendering is shown.";

/** Why there is no picture. @typedef {{code: string, message: string}} Failure */

export class Showing {
  source = null;
  picture = null;
  /** The frame that is shown. */
  number = 1;
  /** The frame that was asked for last. */
  wanted = 1;
  #asked = 0;
  #fallback = null;

  get frames() {
    return this.source?.frames ?? 0;
  }

  /** Show nothing, until `begin`. */
  clear() {
    this.source = this.picture = this.#fallback = null;
    this.number = this.wanted = 1;
    this.#asked += 1;
  }

  /** Show frames of a source. @param {object | null} fallback what comes in its place when it fails */
  begin(source, fallback) {
    this.source = source;
    this.#fallback = fallback;
  }

  /**
   * Show a frame by a window, if one was asked for.
   *
   * @returns {Promise<Failure | null | undefined>} null when it is shown, undefined when another was asked for since
   */
  async show(number, window) {
    const mine = (this.#asked += 1);
    this.wanted = number;
    try {
      const picture = this.source.kept?.(number) ?? (await this.source.frame(number, window));
      if (mine !== this.#asked) return undefined;
      this.picture = picture;
      this.number = number;
      this.source.prefetch?.(number);
      return null;
    } catch (error) {
      if (mine !== this.#asked) return undefined;
      return this.#failed(number, window, error);
    }
  }

  /** What the reader of the picture has to know. */
  get notice() {
    const isInPlace = this.source?.isServers && this.source.isInPlace;
    return [isInPlace ? BY_SERVER : "", ...(this.picture?.warnings ?? [])].filter(Boolean).join(" ");
  }

  async #failed(number, window, error) {
    const failure = { code: error.code ?? "undecodable", message: error.message };
    if (this.#fallback) {
      this.source = this.#fallback;
      this.#fallback = null;
      const failed = await this.show(number, window);
      return failed ? failure : failed;
    }
    this.picture = null;
    this.number = number;
    return this.source.isServers ? { code: "undecodable", message: "The server cannot draw the picture." } : failure;
  }
}

/** The server's pictures in place of what the browser cannot decode; null where nobody gives them. */
export const inPlace = (draw, summary) => (draw ? new ServerSource(draw, summary, true) : null);
