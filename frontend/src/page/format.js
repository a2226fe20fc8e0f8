/** Numbers and times, as people read them. */

/** Bytes with a unit and three digits: `1.23 MB`. */
export function bytes(count) {
  if (!Number.isFinite(count)) return "–";
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  for (; count >= 999.5 && unit < units.length - 1; unit += 1) count /= 1000;
  return `${unit ? Number(count.toPrecision(3)) : count} ${units[unit]}`;
}

/** A confidence of 0 to 100, by one decimal: `97.3%`. */
export function percent(value) {
  return `${(Number(value) || 0).toFixed(1)}%`;
}

/** A DICOM date (PS3.5 6.2, DA) as ISO 8601 has it; anything else as it is. */
export function date(value) {
  return /^\d{8}$/.test(value ?? "") ? value.replace(/(....)(..)(..)/, "$1-$2-$3") : (value ?? "");
}

/** A moment in ISO 8601 as the clock here has it: `2024-02-29 10:11`. */
export function moment(value) {
  const at = new Date(value ?? NaN);
  if (Number.isNaN(at.getTime())) return "–";
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A count with its noun: `1 file`, `2 files`. */
export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Values of an attribute, which may be one or several. */
export function list(value) {
  return [value ?? []].flat().join(", ");
}
