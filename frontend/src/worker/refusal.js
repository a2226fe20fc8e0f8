/**
 * Why an object is not shown. `code` is a word for programs, the message is for people and quotes no value of the
 * object but numbers and UIDs.
 *
 * Codes: `empty`, `not-dicom`, `dicomdir`, `truncated`, `malformed`, `too-large`, `no-pixels`, `unsupported`,
 * `undecodable`.
 */
export class Refusal extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
