/** The header as rows of a table: every element, nested ones indented, and which of them may identify someone. */
import { latin } from "./bytes.js";
import { textDecoder } from "./charset.js";
import { written } from "./dataset.js";
import { entryOf } from "./names.js";
import { Tag } from "./tags.js";

const MAX_ROWS = 20_000;
const SHORT = 160; // characters that a row shows of a value
const MAX_TEXT = 64 * 1024;
const TEXT = new Set("AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT".split(" "));
const ENCODED = new Set("LO LT PN SH ST UC UT".split(" "));
const NUMBERS = {
  US: [2, "getUint16"], SS: [2, "getInt16"], UL: [4, "getUint32"], SL: [4, "getInt32"],
  FL: [4, "getFloat32"], FD: [8, "getFloat64"], UV: [8, "getBigUint64"], SV: [8, "getBigInt64"],
};

/** Text that is free or names people, places and acts (PS3.15 E.1), beside what the rules below hide. */
const IDENTIFYING = new Set(
  ("00080050 00080080 00080081 00081010 00081030 0008103E 00081040 00081048 00081080 00082111 00084000 00181000 " +
    "00181004 00181030 00181400 00200010 00204000 00321032 00321060 00380010 00400253 00400254 00400275 00402016 " +
    "00402017 0040A160 0040A123 00880140 20300020").split(" ").map((tag) => Number.parseInt(tag, 16)),
);

/**
 * A row: `value` is cut where it is long (`full` says how long it is), `hidden` whether it may identify someone.
 *
 * @typedef {{depth: number, tag: string, keyword: string, vr: string, value: string, full: number, hidden: boolean}} Row
 */

/** The rows of data sets one after the other. @param {Map<number, Entry>} names @returns {{rows: Row[], more: boolean}} */
export function rowsOf(dataSets, names, uids) {
  const rows = [];
  const elements = [];
  for (const dataSet of dataSets) add(dataSet, 0, [], false);
  return { rows, elements, more: rows.length >= MAX_ROWS };

  function add(dataSet, depth, terms, isPrivate) {
    const stated = dataSet.get(Tag.SpecificCharacterSet);
    const own = stated ? latin(dataSet.value(stated, 256)).split("\\").map((term) => term.trim()) : terms;
    const decode = textDecoder(own);
    for (const element of [...dataSet.elements.values()].sort((a, b) => a.tag - b.tag)) {
      if (rows.length >= MAX_ROWS) return;
      const known = entryOf(names, element.tag);
      const odd = isPrivate || (element.tag >>> 16) % 2 === 1;
      const vr = element.vr && element.vr !== "UN" ? element.vr : (known?.vr.split(" ")[0] ?? (element.items ? "SQ" : "UN"));
      const hidden = mayIdentify(element.tag, vr, odd);
      const read = () => valueText(dataSet, element, vr, decode, uids);
      const value = read();
      rows.push({
        depth,
        tag: written(element.tag),
        keyword: known?.keyword ?? (odd ? "private" : element.tag & 0xffff ? "" : "group length"),
        vr,
        value: value.length > SHORT ? value.slice(0, SHORT) : value,
        full: value.length,
        hidden: hidden && !(vr === "UI" && uids.has(value.split(" ")[0])),
      });
      elements.push(read);
      for (const [index, item] of (element.items ?? []).entries()) {
        if (rows.length >= MAX_ROWS) return;
        rows.push({ depth: depth + 1, tag: "", keyword: `item ${index + 1}`, vr: "", value: "", full: 0, hidden: false });
        elements.push(() => "");
        add(item, depth + 2, own, odd);
      }
    }
  }
}

function mayIdentify(tag, vr, isPrivate) {
  if (vr === "SQ") return false;
  if (["PN", "DA", "DT", "TM"].includes(vr) || IDENTIFYING.has(tag)) return true;
  if (isPrivate) return !["DS", "IS", "CS", "US", "SS", "UL", "SL", "FL", "FD"].includes(vr);
  if (tag === 0x00020012) return false; // the implementation's
  if (vr === "UI") return true; // unless the standard names it
  const group = tag >>> 16;
  return group === 0x0010 || ([0x0012, 0x0032, 0x0038, 0x4008].includes(group) && ENCODED.has(vr));
}

function valueText(dataSet, element, vr, decode, uids) {
  if (element.items) return element.items.length === 1 ? "1 item" : `${element.items.length} items`;
  if (element.fragmented) return `${element.length} bytes, encapsulated`;
  if (NUMBERS[vr]) return numbersText(dataSet, element, NUMBERS[vr]);
  if (vr === "AT") return numbersText(dataSet, { ...element }, [2, "getUint16"], 16);
  if (!TEXT.has(vr)) return `${element.length} bytes`;
  const bytes = dataSet.value(element, MAX_TEXT);
  const text = (ENCODED.has(vr) ? decode(bytes) : latin(bytes)).replace(/[ \0]+$/, "");
  const name = vr === "UI" ? uids.get(text) : undefined;
  return name ? `${text} ${name}` : text;
}

function numbersText(dataSet, element, [size, read], base = 10) {
  const value = dataSet.value(element, size * 4096);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const found = [];
  for (let at = 0; at + size <= value.length; at += size) {
    const one = view[read](at, dataSet.littleEndian);
    const shown = size === 4 && read === "getFloat32" ? Number(one.toPrecision(8)) : one;
    found.push(base === 16 ? one.toString(16).padStart(4, "0").toUpperCase() : String(shown));
  }
  return found.join("\\");
}
