/** The way of one file: asked for, uploaded, processed, labelled; or where that ended. */
import { pause } from "./gate.js";
import { kindOf } from "./kind.js";
import { Problem, asProblem } from "./problem.js";
import { bytes } from "./format.js";
import { transfer } from "./transfer.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
const PATIENCE = 120_000;

/**
 * One file. `state` is `local` (only viewed), `waiting`, `uploading`, `processing`, `slow` (to be looked at again),
 * `complete`, `failed` or `cancelled`; `progress` is the share uploaded, 0 to 1; `changed` is called at each change.
 */
export class Analysis {
  state = "local";
  progress = 0;
  jobId = null;
  answer = null;
  problem = null;
  hint = "";
  #stop = new AbortController();
  #watchers = [];

  constructor(number, file, changed) {
    this.number = number;
    this.file = file;
    this.kind = kindOf(file).catch(() => ({ name: "File", type: "" }));
    this.changed = () => {
      this.#watchers = this.#watchers.filter((look) => !look());
      changed(this);
    };
  }

  get running() {
    return ["waiting", "uploading", "processing"].includes(this.state);
  }

  /** Go the whole way: `service` is `{api, uploads, polls, maxUploadBytes}`, the last but one Gates. Never throws. */
  async start(service) {
    this.#restart("waiting");
    await this.#guarded(async (signal) => {
      if (this.file.size === 0) throw new Problem("empty_object", "The file is empty.");
      if (this.file.size > service.maxUploadBytes) {
        const limit = bytes(service.maxUploadBytes);
        throw new Problem("upload_too_large", `The file has ${bytes(this.file.size)}; at most ${limit} are accepted.`);
      }
      await service.uploads.run(() => this.#upload(service.api, signal), signal);
      await this.#follow(service, signal);
    });
  }

  /** Look for the result of a job that took longer than one waits. Never throws. */
  async look(service) {
    this.#restart("processing");
    await this.#guarded((signal) => this.#follow(service, signal));
  }

  /** The answer with addresses that work now: they live for five minutes. Throws a Problem. */
  async renewed(api) {
    if (Date.now() - this.answered > 240_000) this.#answered(await api.result(this.jobId));
    return this.answer;
  }

  /** Resolves once the analysis is complete. Throws a Problem where it ends otherwise, or does not run. */
  completed() {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.running) return false;
        if (this.state === "complete") resolve();
        else reject(this.problem ?? new Problem("not_analysed", "The service draws this picture when the file is analysed."));
        return true;
      };
      if (!look()) this.#watchers.push(look);
    });
  }

  cancel() {
    this.#stop.abort();
    if (this.running) this.#become("cancelled");
  }

  async #upload(api, signal) {
    const { type } = await this.kind;
    this.#become("uploading");
    // The service wants a name; the file's own may tell who a patient is.
    const fields = { fileName: `file-${this.number}`, fileType: type, fileSize: this.file.size };
    const grant = await api.requestUpload(fields, signal);
    this.jobId = grant.jobId;
    const onprogress = (share) => {
      this.progress = share;
      this.changed();
    };
    await transfer(grant, this.file, { onprogress, signal });
    this.progress = 1;
    this.#become("processing");
  }

  async #follow({ api, polls }, signal) {
    const end = Date.now() + PATIENCE;
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 1.6, LONGEST_WAIT)) {
      await pause(wait, signal);
      try {
        const answer = await polls.run(() => api.result(this.jobId, signal), signal);
        this.hint = "";
        if (answer.status === "complete" || answer.status === "error") return this.#answered(answer);
        wait = Math.max(wait, Math.min(answer.retryAfter * 1000, LONGEST_WAIT) / 1.6);
      } catch (error) {
        if (!asProblem(error).passes) throw error;
        this.hint = asProblem(error).message;
        wait = Math.max(wait, Math.min((error.retryAfter || 1) * 1000, LONGEST_WAIT));
      }
      if (Date.now() > end) return this.#become("slow");
      this.changed();
    }
  }

  #answered(answer) {
    this.answer = answer;
    this.answered = Date.now();
    if (answer.status === "error") throw new Problem(answer.error.code, answer.error.message);
    this.#become("complete");
  }

  #restart(state) {
    this.#stop = new AbortController();
    this.problem = null;
    this.hint = "";
    this.#become(state);
  }

  async #guarded(act) {
    const { signal } = this.#stop;
    try {
      await act(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.problem = asProblem(error);
      this.#become("failed");
    }
  }

  #become(state) {
    this.state = state;
    this.changed();
  }
}
