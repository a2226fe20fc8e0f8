/**
 * Parses and decodes what the viewer is given, away from its thread.
 *
 * Takes `{id, task, ...}`, answers `{id, result}` or `{id, refusal: {code, message}}`; of one opened object at a time.
 */
import { BlobBytes } from "./bytes.js";
import { rowsOf } from "./header.js";
import { elementNames, uidNames } from "./names.js";
import { parse } from "./parse.js";
import { pictureOf } from "./picture.js";
import { Refusal } from "./refusal.js";
import { subjectOf, summaryOf } from "./subject.js";

let parsed = null;
let subject = null;
let refusal = null;
let summary = null;
let header = null;
let key = null;

const TASKS = {
  /** Open a blob; an object that cannot be drawn here is opened too, with the refusal that says why. */
  async open({ blob }) {
    header = null;
    await turnTo({ key: null, blob });
    return { summary, refusal };
  },

  /** A frame, from 1. */
  frame: ({ number }) => pictureOf(opened(subject), number),

  /** A frame whose bytes stand beside the beginning of its object, by whose `key` that is known again. */
  async frameOf({ object, number, data, checksum }) {
    if (key !== object.key) await turnTo(object);
    if (refusal) throw new Refusal(refusal.code, refusal.message);
    const readFrame = () => ({ data, firstBit: 0, missing: 0, checksum });
    return { ...(await pictureOf({ ...subject, readFrame }, number)), summary };
  },

  /** All rows of the header of what is open, or of another object. */
  async rows({ object }) {
    if (object && key !== object.key) await turnTo(object);
    const { meta, dataSet } = opened(parsed);
    const [names, uids] = await Promise.all([elementNames(), uidNames()]);
    header = rowsOf([meta, dataSet], names, uids);
    return { rows: header.rows, more: header.more };
  },

  /** The whole value of a row. */
  value: ({ row }) => opened(header).elements[row]?.() ?? "",
};

async function turnTo(object) {
  parsed = subject = refusal = summary = key = null;
  parsed = await parse(new BlobBytes(object.blob));
  key = object.key;
  try {
    subject = await subjectOf(parsed);
    summary = summaryOf(parsed, subject.description);
  } catch (error) {
    refusal = told(error);
    summary = summaryOf(parsed);
  }
}

let last = Promise.resolve();

addEventListener("message", ({ data }) => {
  last = last.then(() => answer(data)); // one after the other: they share what is opened
});

async function answer({ id, task, ...wanted }) {
  try {
    const result = await TASKS[task](wanted);
    postMessage({ id, result }, buffersOf(result));
  } catch (error) {
    postMessage({ id, refusal: told(error) });
  }
}

/** Whatever was thrown, as a refusal: errors of the engine quote nothing of the object. */
function told(error) {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  if (error instanceof RangeError) return { code: "too-large", message: "The file asks for more than can be read of it." };
  return { code: "malformed", message: "The file is damaged: it cannot be read as what it says it is." };
}

function opened(what) {
  if (what) return what;
  throw new Refusal("malformed", "No object is open.");
}

function buffersOf(result) {
  return [result?.samples?.buffer, result?.rgba?.buffer].filter(Boolean);
}
