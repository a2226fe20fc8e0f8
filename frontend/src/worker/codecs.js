/** The WebAssembly decoders, each fetched when a frame first needs it. */
import charls from "@cornerstonejs/codec-charls/decodewasmjs";
import charlsWasm from "@cornerstonejs/codec-charls/decodewasm";
import openjpeg from "@cornerstonejs/codec-openjpeg/decodewasmjs";
import openjpegWasm from "@cornerstonejs/codec-openjpeg/decodewasm";
import openjph from "@cornerstonejs/codec-openjph/wasmjs";
import openjphWasm from "@cornerstonejs/codec-openjph/wasm";
import turbo from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
import turboWasm from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm";
import { Refusal } from "./refusal.js";

const MAX_KEPT_BYTES = 192 * 1024 * 1024; // WebAssembly's memory never shrinks: an instance that has grown is dropped

const CODECS = {
  CharLS: { start: charls, url: charlsWasm, decoder: "JpegLSDecoder" },
  OpenJPEG: { start: openjpeg, url: openjpegWasm, decoder: "J2KDecoder" },
  OpenJPH: { start: openjph, url: openjphWasm, decoder: "HTJ2KDecoder" },
  "libjpeg-turbo": { start: turbo, url: turboWasm, decoder: "JPEGDecoder" },
};

const instances = new Map();
const binaries = new Map();

/**
 * What a decoder makes of a codestream: bytes of samples, and how they stand.
 *
 * @typedef {{data: Uint8Array, bits: number, components: number, signed: boolean, interleaved: boolean}} Decompressed
 */

/** Decode a codestream whose size was checked. @param {string} name a key of CODECS @throws {Refusal} */
export async function decompress(name, data, description) {
  const instance = await instanceOf(name);
  let decoder = null;
  try {
    decoder = new instance[CODECS[name].decoder]();
    decoder.getEncodedBuffer(data.length).set(data);
    decoder.decode();
    const { width, height, bitsPerSample: bits, componentCount: components, isSigned } = decoder.getFrameInfo();
    if (width !== description.columns || height !== description.rows || components !== description.samplesPerPixel) {
      throw new RangeError("of another size");
    }
    const found = decoder.getDecodedBuffer();
    if (found.length < width * height * components * (bits > 8 ? 2 : 1)) throw new RangeError("too short");
    const interleaved = decoder.getInterleaveMode?.() !== 0;
    return { data: found.slice(), bits, components, signed: Boolean(isSigned), interleaved };
  } catch {
    instances.delete(name); // whatever state it is in
    decoder = null;
    throw new Refusal("undecodable", `${name} refuses the frame.`);
  } finally {
    decoder?.delete();
    if (instance.HEAPU8.length > MAX_KEPT_BYTES) instances.delete(name);
  }
}

async function instanceOf(name) {
  if (!instances.has(name)) {
    const quiet = () => {};
    const wasmBinary = await binaryOf(CODECS[name].url);
    instances.set(name, await CODECS[name].start({ wasmBinary, print: quiet, printErr: quiet }));
  }
  return instances.get(name);
}

async function binaryOf(url) {
  if (!binaries.has(url)) {
    const answer = await fetch(new URL(url, import.meta.url));
    if (!answer.ok) throw new Refusal("undecodable", "The decoder of this transfer syntax cannot be fetched.");
    binaries.set(url, await answer.arrayBuffer());
  }
  return binaries.get(url);
}
