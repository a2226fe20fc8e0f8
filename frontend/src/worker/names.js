/** The standard's names of elements and UIDs (PS3.6), fetched when they are needed. */
import elementsUrl from "./names/elements.txt";
import uidsUrl from "./names/uids.txt";

const tables = new Map();

/** The dictionary's entry of a tag. @typedef {{vr: string, keyword: string}} Entry */

/** Elements by tag; of repeating groups by 60xx…, with the group's last byte as 0. @returns {Promise<Map<number, Entry>>} */
export const elementNames = () =>
  table(elementsUrl, (line) => {
    const [tag, vr, keyword] = line.split(" ");
    return [Number.parseInt(tag, 16), { vr: vr.replaceAll("/", " or "), keyword }];
  });

/** Names by UID. @returns {Promise<Map<string, string>>} */
export const uidNames = () =>
  table(uidsUrl, (line) => {
    const space = line.indexOf(" ");
    return [line.slice(0, space), line.slice(space + 1)];
  });

/** The entry of a tag, of repeating groups too. */
export function entryOf(elements, tag) {
  const group = tag >>> 16;
  if (group >= 0x6000 && group <= 0x60ff) return elements.get((0x60000000 | (tag & 0xffff)) >>> 0);
  if (group >= 0x5000 && group <= 0x50ff) return elements.get((0x50000000 | (tag & 0xffff)) >>> 0);
  return elements.get(tag);
}

function table(url, parse) {
  if (!tables.has(url)) {
    const fetched = fetch(new URL(url, import.meta.url)).then(async (answer) => {
      if (!answer.ok) throw new Error("the standard's names are not there");
      return new Map((await answer.text()).trimEnd().split("\n").map(parse));
    });
    fetched.catch(() => tables.delete(url));
    tables.set(url, fetched);
  }
  return tables.get(url);
}
