/** What kind of file a file is, by its first bytes. */

const KINDS = [
  ["DICOM", "application/dicom", (head) => text(head, 128, 132) === "DICM"],
  ["JPEG", "image/jpeg", (head) => head[0] === 0xff && head[1] === 0xd8],
  ["PNG", "image/png", (head) => text(head, 1, 4) === "PNG"],
  ["GIF", "image/gif", (head) => text(head, 0, 4) === "GIF8"],
];

/** `{name, type}`: for people, and the media type; a file that none of these begins may still be a bare DICOM data set. */
export async function kindOf(file) {
  const head = new Uint8Array(await file.slice(0, 132).arrayBuffer());
  const [name, type] = KINDS.find(([, , matches]) => matches(head)) ?? ["File", "application/octet-stream"];
  return { name, type };
}

function text(head, begin, end) {
  return String.fromCharCode(...head.subarray(begin, end));
}
