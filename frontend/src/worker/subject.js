/** An opened object: what it is, and how its frames are read. */
import { pixelShape } from "./aspect.js";
import { latin } from "./bytes.js";
import { textDecoder } from "./charset.js";
import { describe } from "./description.js";
import { number, text, whole } from "./elements.js";
import { framesOf } from "./frames.js";
import { uidNames } from "./names.js";
import { Refusal } from "./refusal.js";
import { familyOf, nameOf } from "./syntaxes.js";
import { Tag } from "./tags.js";
import { voisOf } from "./voi.js";

const MEDIA_STORAGE_SOP_CLASS = 0x00020002;

/** What can be shown of a parsed object. @throws {Refusal} where it has no pixels, or such that cannot be drawn */
export async function subjectOf(parsed) {
  if (!parsed.pixels) throw new Refusal("no-pixels", await withoutPixels(parsed));
  const family = familyOf(parsed.uid);
  const description = describe(parsed.dataSet, parsed.pixels.tag);
  return { parsed, description, family, readFrame: framesOf(parsed, description, family) };
}

/** What a viewer shows beside the picture; what tells of the patient stands in `patient` alone. */
export function summaryOf(parsed, description) {
  const { dataSet, uid } = parsed;
  return {
    frames: description?.frames ?? 1,
    rows: description?.rows ?? 0,
    columns: description?.columns ?? 0,
    photometric: description?.photometric ?? "",
    modality: text(dataSet, Tag.Modality),
    transferSyntax: nameOf(uid),
    isLossy: text(dataSet, Tag.LossyImageCompression) === "01",
    framesPerSecond: rateOf(dataSet),
    aspect: pixelShape(dataSet, 1).aspect,
    window: voisOf(dataSet, 1, false).vois.find((voi) => !voi.lut) ?? null,
    patient: patientOf(dataSet),
  };
}

async function withoutPixels(parsed) {
  const uid = text(parsed.dataSet, Tag.SOPClassUID) || text(parsed.meta, MEDIA_STORAGE_SOP_CLASS);
  const name = await uidNames().then((names) => names.get(uid), () => undefined);
  const kind = name ? name.replace(/ Storage$/, "") : "an object of an unknown SOP class";
  const isImage = name?.includes("Image Storage") && !parsed.dataSet.get(Tag.PixelDataProviderURL);
  return isImage
    ? `${kind}: the file ends before its pixel data. It may have been cut off.`
    : `${kind}: this kind of object has no picture. Its header can be read.`;
}

function rateOf(dataSet) {
  const time = number(dataSet, Tag.FrameTime);
  const rate = whole(dataSet, Tag.RecommendedDisplayFrameRate) || whole(dataSet, Tag.CineRate) || (time > 0 ? 1000 / time : 0);
  return Math.min(Math.max(rate || 15, 1), 60);
}

function patientOf(dataSet) {
  const terms = dataSet.get(Tag.SpecificCharacterSet);
  const decode = textDecoder(terms ? latin(dataSet.value(terms, 256)).split("\\").map((term) => term.trim()) : []);
  const read = (tag) => {
    const element = dataSet.get(tag);
    return element && !element.items ? decode(dataSet.value(element, 1024)).replace(/[ \0]+$/, "") : "";
  };
  return {
    name: read(Tag.PatientName).split("=")[0].replace(/\^+$/, "").replaceAll("^", " "),
    id: read(Tag.PatientID),
    birthDate: read(Tag.PatientBirthDate),
    sex: read(Tag.PatientSex),
    studyDate: read(Tag.StudyDate),
    study: read(Tag.StudyDescription),
    series: read(Tag.SeriesDescription),
    institution: read(Tag.InstitutionName),
  };
}
