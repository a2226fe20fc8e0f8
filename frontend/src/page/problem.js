/** What went wrong, and what a person can do about it. */

/** A failure with a stable `code`, a `message` for people, and `advice`: what to do. */
export class Problem extends Error {
  constructor(code, message, { status = 0, retryAfter = 0, requestId = "" } = {}) {
    super(message);
    this.name = "Problem";
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  get advice() {
    return ADVICE[this.code] ?? (this.status >= 500 ? ADVICE.transient : "");
  }

  /** Whether the same call may succeed a little later. */
  get passes() {
    return this.code === "network" || this.status === 429 || this.status >= 500;
  }

  /** All that the message names: a request's faults are told together, with semicolons. */
  get parts() {
    return this.code === "invalid_request" ? this.message.split("; ") : [this.message];
  }
}

const AGAIN = "Try again; if it goes on, tell those who run the service.";

/** What to do, by code; where the service's own message says it already, nothing. */
const ADVICE = {
  network: "Check the connection, then try again.",
  unauthorized: "Log in again: the login has ended.",
  forbidden: "Ask those who run the service for access.",
  not_configured: "Viewing files works. Whoever put the page here: “serverless-dicom publish” writes its config.json.",
  upload_refused: "Try again: the address for the upload works for five minutes, and for this file alone.",
  upload_missing: "Try again, and keep the page open until the upload has ended.",
  upload_too_large: "Choose a smaller file.",
  unsupported_image: "Choose a DICOM object, a JPEG, a PNG or a GIF.",
  empty_object: "Choose a file that is not empty.",
  no_pixel_data: "This object has no picture: choose an image.",
  unsupported_transfer_syntax: "Convert the file to a transfer syntax with still pictures first.",
  truncated_pixel_data: "Copy the file again from where it came: its end is missing.",
  truncated_header: "Copy the file again from where it came: its end is missing.",
  undecodable_pixel_data: "Copy the file again from where it came; its compressed picture is damaged.",
  analysis_refused: "Try another picture, such as one with larger sides.",
  analysis_interrupted: AGAIN,
  analysis_failed: AGAIN,
  job_not_found: "Results are kept for a day, for who uploaded the file. Analyse the file again.",
  source_not_allowed: "Name an object of the service's own buckets, or a public https address.",
  object_not_found: "Check the address; the object may have been deleted.",
  source_failed: "Check the address, then try again.",
  source_timeout: "Try again, or put the object into a bucket first.",
  image_too_large: "Ask for a smaller frame, or convert the object elsewhere.",
  source_too_large: "Choose a smaller object.",
  image_set_not_found: "Search anew: the image set was deleted, or belongs to another data store.",
  frame_not_found: "Open the image set again: it has changed since.",
  archive_refused: "Ask those who run the service: its role or its quota does not allow it.",
  archive_busy: "Wait a moment, then try again: HealthImaging is at work on it, or has too much to do.",
  invalid_metadata: AGAIN,
  no_archive: "Ask those who run the service for a data store (the parameter DatastoreId).",
  nothing_to_import: "Check the address: is it of a folder that holds DICOM files?",
  nothing_imported: "See below why each file was refused.",
  import_job_failed: "Check that HealthImaging may read the bucket, then import again.",
  import_interrupted: "Import again: what is in the archive already stays as it is.",
  frames_differ: "Do not rely on this image set: import it again, and tell those who run the service.",
  throttled: "Wait a moment, then try again.",
  transient: AGAIN,
  internal_error: AGAIN,
};

/** The problem in an answer that is no success, whether the service's own or of what stands before it. */
export async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const status = response.status;
  const more = { status, retryAfter: Number(response.headers.get("Retry-After")) || 0, requestId: body.request_id ?? "" };
  if (typeof body.error === "string" && body.message) return new Problem(body.error, body.message, more);
  const [code, message] = BY_STATUS[status] ?? (status >= 500 ? BY_STATUS[500] : ["refused", `The service refused (status ${status}).`]);
  return new Problem(code, message, more);
}

const BY_STATUS = {
  401: ["unauthorized", "You are logged out."],
  403: ["forbidden", "You may not do this."],
  404: ["not_found", "The service does not know this address."],
  413: ["upload_too_large", "The file is too large."],
  429: ["throttled", "Too many requests just now."],
  500: ["transient", "The service has a problem just now."],
};

/** Whatever was thrown, as a problem; a cancellation stays what it is. */
export function asProblem(error) {
  if (error instanceof Problem || error?.name === "AbortError") return error;
  if (error instanceof TypeError) return new Problem("network", "The service could not be reached.");
  return new Problem("unexpected", "Something failed here that should not have.");
}
