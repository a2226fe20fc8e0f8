/** Values of single elements, read leniently: what is invalid is absent, and throws nothing. */
import { latin } from "./bytes.js";
import { vrOf } from "./tags.js";

const READERS = {
  US: [2, "getUint16"],
  SS: [2, "getInt16"],
  UL: [4, "getUint32"],
  SL: [4, "getInt32"],
  FL: [4, "getFloat32"],
  FD: [8, "getFloat64"],
  UV: [8, "getBigUint64"],
  SV: [8, "getBigInt64"],
};
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const MAX_VALUES = 1024;
const MAX_BYTES = 16 * 1024 * 1024;

const trimmed = (text) => text.replace(/^[ \0]+|[ \0]+$/g, "");

/** The numbers of an element up to the first that is none or not finite. `signed` decides between US and SS. */
export function numbers(dataSet, tag, signed = false) {
  const element = dataSet.get(tag);
  if (!element || element.items) return [];
  const vr = numericVr(element, signed);
  const found = READERS[vr] ? binary(dataSet, element, READERS[vr]) : decimal(dataSet, element);
  const stop = found.findIndex((value) => !Number.isFinite(value));
  return stop < 0 ? found : found.slice(0, stop);
}

function numericVr(element, signed) {
  const vr = ["", "UN", "OW"].includes(element.vr) ? vrOf(element.tag) : element.vr;
  return vr.includes(" or ") ? (signed ? "SS" : "US") : vr;
}

function binary(dataSet, element, [size, read]) {
  const value = dataSet.value(element, MAX_VALUES * size);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const count = Math.floor(value.length / size);
  return Array.from({ length: count }, (_, index) => Number(view[read](index * size, dataSet.littleEndian)));
}

function decimal(dataSet, element) {
  const parts = latin(dataSet.value(element, 64 * MAX_VALUES)).split("\\").slice(0, MAX_VALUES).map(trimmed);
  return parts.map((part) => (NUMBER.test(part) ? Number(part) : NaN));
}

/** The first value of an element, null where it has no finite number. */
export const number = (dataSet, tag, signed = false) => numbers(dataSet, tag, signed)[0] ?? null;

/** The first value of an element as a whole number, null where it is none. */
export function whole(dataSet, tag) {
  const value = number(dataSet, tag);
  return Number.isInteger(value) ? value : null;
}

/** The values of an element of code strings or UIDs, without padding. */
export function texts(dataSet, tag) {
  const element = dataSet.get(tag);
  return element && !element.items ? latin(dataSet.value(element, 1024)).split("\\").map(trimmed) : [];
}

/** The first of them; empty where there is none. */
export function text(dataSet, tag) {
  return texts(dataSet, tag)[0] ?? "";
}

/** Whether an element is there and not empty: one of type 2 may be empty, and says nothing (PS3.5 7.4.3). */
export const hasValue = (dataSet, tag) => Boolean(dataSet.get(tag)?.length);

/** The items of a sequence; none where the element is absent or no sequence. */
export const items = (dataSet, tag) => dataSet.get(tag)?.items ?? [];

/** The bytes of a binary element, its 16-bit words in little-endian order; bytes of VR OB stand as they are. */
export function packed(dataSet, tag) {
  const element = dataSet.get(tag);
  if (!element?.length || element.length > MAX_BYTES) return new Uint8Array(0);
  const value = dataSet.value(element).slice();
  if (!dataSet.littleEndian && element.vr !== "OB") swapBytes(value);
  return value;
}

/** The 16-bit words of a binary element; none where it is absent. @returns {Uint16Array} */
export function words(dataSet, tag) {
  const element = dataSet.get(tag);
  if (!element?.length || element.length > MAX_BYTES) return new Uint16Array(0);
  const value = dataSet.value(element).slice(0, element.length & ~1);
  if (!dataSet.littleEndian) swapBytes(value);
  return new Uint16Array(value.buffer);
}

/** The 64-bit words of a binary element as numbers. */
export function longWords(dataSet, tag) {
  const element = dataSet.get(tag);
  if (!element?.length || element.length > MAX_BYTES) return [];
  const value = dataSet.value(element).slice(0, element.length - (element.length % 8));
  return Array.from(new BigUint64Array(value.buffer), Number);
}

/** Turn each pair of bytes round, in place. */
export function swapBytes(bytes) {
  for (let at = 0; at + 1 < bytes.length; at += 2) [bytes[at], bytes[at + 1]] = [bytes[at + 1], bytes[at]];
}
