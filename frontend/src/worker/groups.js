/** Where an attribute of one frame stands: its own functional groups, the shared ones, or the data set itself. */
import { hasValue, items } from "./elements.js";
import { Tag } from "./tags.js";

/**
 * The nearest data set of frame `number` (from 1) with a value of one of the tags (PS3.3 C.7.6.16.1.1).
 *
 * @param {number} macro the functional group's sequence that they stand in
 * @returns {{dataSet: DataSet, name: string} | null} null where no place has any of them
 */
export function placeOf(dataSet, number, macro, tags) {
  const own = items(dataSet, Tag.PerFrameFunctionalGroupsSequence).slice(number - 1, number);
  const shared = items(dataSet, Tag.SharedFunctionalGroupsSequence).slice(0, 1);
  const groups = [
    ...own.map((item) => ["per-frame functional groups", item]),
    ...shared.map((item) => ["shared functional groups", item]),
  ];
  for (const [name, group] of groups) {
    const item = items(group, macro)[0];
    if (item && tags.some((tag) => hasValue(item, tag))) return { dataSet: item, name };
  }
  return tags.some((tag) => hasValue(dataSet, tag)) ? { dataSet, name: "data set" } : null;
}
