/** One upload to a signed address, with what has gone told on the way. */
import { Problem } from "./problem.js";

/**
 * Send a file where `grant` (the answer of POST /uploads) says; `onprogress` hears the share sent, 0 to 1.
 * Throws a Problem, or an AbortError where `signal` ended it. XMLHttpRequest: fetch tells nothing of what was sent.
 */
export function transfer(grant, file, { onprogress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    const end = (settle, value) => {
      signal.removeEventListener("abort", cancel);
      settle(value);
    };
    request.open(grant.method ?? "PUT", grant.uploadUrl);
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.onload = () => (request.status < 300 ? end(resolve) : end(reject, refusal(request.status)));
    request.onerror = () => end(reject, new Problem("network", "The connection broke during the upload."));
    request.onabort = () => end(reject, new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", cancel);
    if (grant.method === "POST") {
      const form = new FormData();
      for (const [name, value] of Object.entries(grant.fields)) form.append(name, value);
      form.append("file", file);
      request.send(form);
    } else {
      request.setRequestHeader("Content-Type", grant.fileType);
      request.send(file);
    }
    if (signal.aborted) cancel();
  });
}

function refusal(status) {
  if (status >= 500) return new Problem("transient", "The storage has a problem just now.", { status });
  return new Problem("upload_refused", `The storage refused the upload (status ${status}).`, { status });
}
