/** The transfer syntaxes (PS3.5 10, PS3.6 A) by how their pixel data are encoded, and what a reader calls them. */
import { Refusal } from "./refusal.js";

const DICOM = "1.2.840.10008.1.2";
export const EXPLICIT_BIG = `${DICOM}.2`;
export const IMPLICIT = DICOM;
export const EXPLICIT = `${DICOM}.1`;

const SYNTAXES = new Map([
  [DICOM, ["native", "Implicit VR little endian"]],
  [`${DICOM}.1`, ["native", "Explicit VR little endian"]],
  [EXPLICIT_BIG, ["native", "Explicit VR big endian"]],
  [`${DICOM}.1.99`, ["native", "Deflated explicit VR little endian"]],
  [`${DICOM}.1.98`, ["encapsulated", "Encapsulated uncompressed"]],
  [`${DICOM}.8.1`, ["deflated", "Deflated image frame"]],
  [`${DICOM}.5`, ["rle", "RLE lossless"]],
  [`${DICOM}.4.50`, ["jpeg", "JPEG baseline"]],
  [`${DICOM}.4.51`, ["jpeg", "JPEG extended"]],
  [`${DICOM}.4.53`, ["jpeg", "JPEG spectral selection"]],
  [`${DICOM}.4.55`, ["jpeg", "JPEG progressive"]],
  [`${DICOM}.4.57`, ["jpeg", "JPEG lossless"]],
  [`${DICOM}.4.70`, ["jpeg", "JPEG lossless SV1"]],
  [`${DICOM}.4.80`, ["jpeg-ls", "JPEG-LS lossless"]],
  [`${DICOM}.4.81`, ["jpeg-ls", "JPEG-LS near lossless"]],
  [`${DICOM}.4.90`, ["jpeg-2000", "JPEG 2000 lossless"]],
  [`${DICOM}.4.91`, ["jpeg-2000", "JPEG 2000"]],
  [`${DICOM}.4.92`, ["jpeg-2000", "JPEG 2000 part 2 lossless"]],
  [`${DICOM}.4.93`, ["jpeg-2000", "JPEG 2000 part 2"]],
  [`${DICOM}.4.201`, ["htj2k", "HTJ2K lossless"]],
  [`${DICOM}.4.202`, ["htj2k", "HTJ2K lossless RPCL"]],
  [`${DICOM}.4.203`, ["htj2k", "HTJ2K"]],
  [`${DICOM}.4.110`, ["jpeg-xl", "JPEG XL lossless"]],
  [`${DICOM}.4.111`, ["jpeg-xl", "JPEG XL recompression of JPEG"]],
  [`${DICOM}.4.112`, ["jpeg-xl", "JPEG XL"]],
]);

const DEFLATED = new Set([`${DICOM}.1.99`, `${DICOM}.4.95`, `${DICOM}.4.205`]);
const VIDEO = new RegExp(`^1\\.2\\.840\\.10008\\.1\\.2\\.4\\.10[0-8](\\.1)?$`);
const REFERENCED = new Set([94, 95, 204, 205].map((last) => `${DICOM}.4.${last}`));

/** Families whose frames are one fragment each, or show no sign of where they begin (PS3.5 A.4.2, A.4.14). */
export const ONE_FRAGMENT_A_FRAME = new Set(["encapsulated", "deflated", "rle", "jpeg-xl"]);

/** Whether the whole data set is deflated (PS3.5 A.5). */
export const isDeflated = (uid) => DEFLATED.has(uid);

/** What a reader calls a transfer syntax; its UID where it is none of the above. */
export const nameOf = (uid) => SYNTAXES.get(uid)?.[1] ?? uid;

/** What decodes a transfer syntax. @throws {Refusal} which says what it is instead */
export function familyOf(uid) {
  const known = SYNTAXES.get(uid);
  if (known) return known[0];
  if (VIDEO.test(uid)) throw new Refusal("unsupported", "The object is a video: no picture can be drawn of it here.");
  if (REFERENCED.has(uid)) throw new Refusal("unsupported", "The pixel data lie on a JPIP server, not in the object.");
  throw new Refusal("unsupported", `The transfer syntax ${uid} is none that can be decoded here.`);
}
