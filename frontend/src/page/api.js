/** Calls of the service, in the name of who is logged in. */
import { Problem, asProblem, problemOf } from "./problem.js";

/** The routes of one API. Every method throws a Problem, or an AbortError where `signal` ended it. */
export class Api {
  #base;
  #session;

  constructor(base, session) {
    this.#base = base;
    this.#session = session;
  }

  /** A new job and where to upload its file. */
  requestUpload(fields, signal) {
    return this.#json("POST", "/uploads", fields, signal);
  }

  /** A job's state, with `retryAfter` in seconds while it goes on. */
  result(jobId, signal) {
    return this.#polled(`/results/${encodeURIComponent(jobId)}`, signal);
  }

  /** A page of studies, or of one study's objects. */
  studies(fields, signal) {
    return this.#json("POST", "/studies", fields, signal);
  }

  /** A picture and what is said of it: the answer of /convert with `blob` in place of its data. */
  async convert(fields, signal) {
    const answer = await this.#json("POST", "/convert", fields, signal);
    const { image_base64: encoded, image_url: url, format, quality } = answer.data;
    const type = format === "png" ? "image/png" : "image/jpeg";
    const blob = url ? await download(url, { signal }) : new Blob([fromBase64(encoded)], { type });
    return { ...answer, data: { format, quality, size: blob.size }, blob };
  }

  /** A page of image sets. */
  imageSets(fields, signal) {
    return this.#json("POST", "/image-sets", fields, signal);
  }

  /** What is in an image set: series, instances with their headers, the names of frames. */
  async imageSet(imageSetId, signal) {
    const answer = await this.#json("GET", `/image-sets/${encodeURIComponent(imageSetId)}`, undefined, signal);
    return answer.url ? JSON.parse(await (await download(answer.url, { signal })).text()) : answer;
  }

  /** The bytes of a frame as it is stored. @returns {Promise<Uint8Array>} */
  async frame(imageSetId, frameId, signal) {
    const path = `/image-sets/${encodeURIComponent(imageSetId)}/frames/${encodeURIComponent(frameId)}`;
    const response = await this.#call("GET", path, undefined, signal, "application/octet-stream, application/json");
    try {
      const isElsewhere = response.headers.get("Content-Type")?.startsWith("application/json");
      const found = isElsewhere ? await download((await response.json()).url, { signal }) : response;
      return new Uint8Array(await found.arrayBuffer());
    } catch (error) {
      throw asProblem(error);
    }
  }

  /** A new import. */
  startImport(fields, signal) {
    return this.#json("POST", "/imports", fields, signal);
  }

  /** An import's state, with `retryAfter` in seconds while it goes on. */
  importJob(jobId, signal) {
    return this.#polled(`/imports/${encodeURIComponent(jobId)}`, signal);
  }

  async #polled(path, signal) {
    const response = await this.#call("GET", path, undefined, signal);
    return { ...(await response.json()), retryAfter: Number(response.headers.get("Retry-After")) || 0 };
  }

  async #json(method, path, fields, signal) {
    return (await this.#call(method, path, fields, signal)).json();
  }

  async #call(method, path, fields, signal, accept) {
    const send = async (renew) => {
      const headers = { Authorization: `Bearer ${await this.#session.token({ renew })}` };
      if (fields) headers["Content-Type"] = "application/json";
      if (accept) headers.Accept = accept;
      const body = fields && JSON.stringify(fields);
      return fetch(this.#base + path, { method, headers, body, signal, cache: "no-store" });
    };
    try {
      let response = await send(false);
      if (response.status === 401) response = await send(true);
      if (!response.ok) throw await problemOf(response);
      return response;
    } catch (error) {
      throw asProblem(error);
    }
  }
}

/** The bytes at a signed address; `onprogress` hears the share that has come, 0 to 1. Throws a Problem. */
export async function download(url, { signal, onprogress } = {}) {
  try {
    const response = await fetch(url, { signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    if (!response.ok) {
      throw new Problem("expired", "The address of the file has expired or the file is gone.", { status: response.status });
    }
    const total = Number(response.headers.get("Content-Length"));
    if (!onprogress || !total) return await response.blob();
    const parts = [];
    let loaded = 0;
    for await (const part of chunks(response.body)) {
      parts.push(part);
      onprogress((loaded += part.length) / total);
    }
    return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
  } catch (error) {
    throw asProblem(error);
  }
}

async function* chunks(stream) {
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value;
}

/** The bytes of a text in base64. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
