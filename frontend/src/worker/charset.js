/** Text in the character sets of PS3.3 C.12.1.1.2, by the browser's decoders. */
import { latin } from "./bytes.js";

const LABELS = {
  "": "iso-8859-1",
  "IR 6": "iso-8859-1",
  "IR 100": "iso-8859-1",
  "IR 101": "iso-8859-2",
  "IR 109": "iso-8859-3",
  "IR 110": "iso-8859-4",
  "IR 144": "iso-8859-5",
  "IR 127": "iso-8859-6",
  "IR 126": "iso-8859-7",
  "IR 138": "iso-8859-8",
  "IR 148": "windows-1254",
  "IR 203": "iso-8859-15",
  "IR 13": "shift_jis",
  "IR 166": "windows-874",
  "IR 192": "utf-8",
  "IR 87": "iso-2022-jp",
  "IR 159": "iso-2022-jp",
  "IR 149": "euc-kr",
  "IR 58": "gbk",
  GB18030: "gb18030",
  GBK: "gbk",
};

/** Escape sequences (PS3.5 6.1.2.5), by what follows ESC: the decoder, and what is put before each run. */
const ESCAPES = {
  "(B": ["iso-8859-1"],
  "(J": ["iso-8859-1"],
  ")I": ["shift_jis"],
  "$B": ["iso-2022-jp", "\x1b$B"],
  "$(D": ["jis-x-0212"],
  "$)C": ["euc-kr"],
  "$)A": ["gbk"],
  "-A": ["iso-8859-1"],
  "-B": ["iso-8859-2"],
  "-C": ["iso-8859-3"],
  "-D": ["iso-8859-4"],
  "-L": ["iso-8859-5"],
  "-G": ["iso-8859-6"],
  "-F": ["iso-8859-7"],
  "-H": ["iso-8859-8"],
  "-M": ["windows-1254"],
  "-b": ["iso-8859-15"],
  "-T": ["windows-874"],
};

/** The decoder of a data set's text. @param {string[]} terms the values of SpecificCharacterSet */
export function textDecoder(terms) {
  const term = (terms[0] ?? "").replace(/^ISO[_ ](2022 )?/, "").trim();
  const label = LABELS[term] ?? "iso-8859-1";
  return (bytes) => (bytes.includes(0x1b) ? withEscapes(bytes, label) : plain(bytes, label));
}

function plain(bytes, label) {
  if (label === "iso-8859-1") return latin(bytes); // which TextDecoder takes for windows-1252
  return new TextDecoder(label).decode(bytes);
}

function withEscapes(bytes, label) {
  let text = "";
  let [at, current] = [0, [label]];
  while (at < bytes.length) {
    if (bytes[at] === 0x1b) {
      const found = Object.keys(ESCAPES).find((key) => latin(bytes.subarray(at + 1, at + 1 + key.length)) === key);
      current = found ? ESCAPES[found] : current;
      at += 1 + (found?.length ?? 0);
      continue;
    }
    let end = bytes.indexOf(0x1b, at);
    if (end < 0) end = bytes.length;
    text += run(bytes.subarray(at, end), current);
    at = end;
  }
  return text;
}

function run(bytes, [label, prefix]) {
  if (label === "jis-x-0212") {
    const euc = [];
    for (let at = 0; at + 1 < bytes.length; at += 2) euc.push(0x8f, bytes[at] | 0x80, bytes[at + 1] | 0x80);
    return new TextDecoder("euc-jp").decode(Uint8Array.from(euc));
  }
  if (!prefix) return plain(bytes, label);
  return new TextDecoder(label).decode(Uint8Array.from([...prefix].map((letter) => letter.charCodeAt(0)).concat(...bytes)));
}
