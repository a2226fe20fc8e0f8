/** Bytes -> a parsed header: where its data set begins, how it is encoded, where its pixel data are (PS3.10 7.1). */
import { Cursor, MemoryBytes, latin } from "./bytes.js";
import { text } from "./elements.js";
import { inflate } from "./inflate.js";
import { elementNames } from "./names.js";
import { Refusal } from "./refusal.js";
import { EXPLICIT, EXPLICIT_BIG, IMPLICIT, isDeflated } from "./syntaxes.js";
import { Tag } from "./tags.js";
import { Walk, isReallyImplicit, isVr } from "./walk.js";

const MAX_INFLATED_BYTES = 128 * 1024 * 1024;
const MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10";
const [MEDIA_STORAGE_SOP_CLASS, TRANSFER_SYNTAX, DIRECTORY_RECORDS] = [0x00020002, 0x00020010, 0x00041220];
const PIXELS = new Set([Tag.FloatPixelData, Tag.DoubleFloatPixelData, Tag.PixelData]);
const IDENTIFYING = [Tag.SOPClassUID, Tag.SOPInstanceUID, Tag.Modality, Tag.StudyInstanceUID, Tag.SeriesInstanceUID];
const NOT_DICOM = "The file is neither DICOM nor a JPEG, PNG or GIF picture.";

/**
 * What stands before the pixel data. `bytes` are the file's, or what a deflated one inflates to.
 *
 * @typedef {{meta: DataSet, dataSet: DataSet, uid: string, pixels: Element | null, bytes: BlobBytes | MemoryBytes}} Parsed
 */

/** Parse the header of a DICOM file or of a bare data set. @returns {Promise<Parsed>} @throws {Refusal} */
export async function parse(bytes) {
  if (!bytes.size) throw new Refusal("empty", "The file is empty: it has 0 bytes.");
  const cursor = new Cursor(bytes);
  const preamble = latin(cursor.take(128, 4)) === "DICM";
  if (!preamble && !beginsLikeADataSet(cursor)) throw new Refusal("not-dicom", NOT_DICOM);
  const meta = new Walk(cursor, () => false).until((tag) => tag >>> 16 !== 2, preamble ? 132 : 0, false);
  if (text(meta.dataSet, MEDIA_STORAGE_SOP_CLASS) === MEDIA_STORAGE_DIRECTORY) throw directory();
  const uid = text(meta.dataSet, TRANSFER_SYNTAX);
  if (isDeflated(uid)) {
    const { data, complete } = await inflate(bytes.read(meta.end, bytes.size), MAX_INFLATED_BYTES);
    if (data.length >= MAX_INFLATED_BYTES) throw new Refusal("too-large", "The data set inflates to too many bytes.");
    if (!data.length) throw new Refusal("malformed", "The data set is not the deflate stream that it is said to be.");
    const parsed = await body(new MemoryBytes(data), 0, meta, uid, preamble);
    if (!parsed.pixels && !complete) throw new Refusal("truncated", "The deflate stream ends before its data set does.");
    return parsed;
  }
  return body(bytes, meta.end, meta, uid, preamble);
}

async function body(bytes, start, meta, uid, preamble) {
  const { implicit, littleEndian } = encodingOf(uid, new Cursor(bytes), start);
  const cursor = new Cursor(bytes, littleEndian);
  const isSequence = isReallyImplicit(cursor, start, implicit) ? await sequences() : () => false;
  const hasMeta = meta.dataSet.elements.size > 0;
  let walked;
  try {
    walked = new Walk(cursor, isSequence).until((tag) => PIXELS.has(tag), start, implicit);
  } catch (error) {
    if (!(error instanceof Refusal) || hasMeta || preamble) throw error;
    throw new Refusal("not-dicom", NOT_DICOM);
  }
  const { dataSet, stopped } = walked;
  if (!dataSet.elements.size || !(hasMeta || IDENTIFYING.some((tag) => dataSet.get(tag)))) {
    throw new Refusal("not-dicom", "The file has no element that a DICOM object is known by.");
  }
  if (dataSet.get(DIRECTORY_RECORDS)) throw directory();
  const found = implicit ? IMPLICIT : littleEndian ? EXPLICIT : EXPLICIT_BIG;
  return { meta: meta.dataSet, dataSet, uid: uid || found, pixels: stopped, bytes };
}

const directory = () =>
  new Refusal("dicomdir", "The file is a DICOMDIR: a list of other files, which have to be opened themselves.");

async function sequences() {
  const names = await elementNames();
  return (tag) => names.get(tag)?.vr === "SQ";
}

/** Whether the first element is of group 2 or 8, with a VR or a length that could be. */
function beginsLikeADataSet(cursor) {
  const start = cursor.take(0, 8);
  if (start.length < 8) return false;
  const view = new DataView(start.buffer, start.byteOffset, 8);
  return [true, false].some((little) => {
    const isGroup = [0x0002, 0x0008].includes(view.getUint16(0, little));
    return isGroup && (isVr(latin(start.subarray(4, 6))) || (little && view.getUint32(4, true) <= cursor.size));
  });
}

/** The encoding that a transfer syntax means (PS3.5 10), or the first element shows. */
function encodingOf(uid, cursor, start) {
  if (uid) return { implicit: uid === IMPLICIT, littleEndian: uid !== EXPLICIT_BIG };
  const run = cursor.take(start, 6);
  const explicit = run.length === 6 && isVr(latin(run.subarray(4, 6)));
  const group = run.length < 2 ? 0 : run[0] | (run[1] << 8);
  return { implicit: !explicit, littleEndian: !(explicit && group > 0xff) };
}
