/** Samples without the bits beside BitsStored (PS3.5 8.1.1), sign-extended where they are signed. */
export function ofStoredBits(samples, description, fromHighBit) {
  const width = 8 * samples.BYTES_PER_ELEMENT;
  const { bitsStored: stored, highBit } = description;
  const low = fromHighBit ? highBit + 1 - stored : 0;
  if (description.isFloat) return samples;
  if (width === 64) return numbersOf(samples, description, low);
  if (low === 0 && stored >= width) return samples;
  const isSigned = [Int8Array, Int16Array, Int32Array].includes(samples.constructor);
  const mask = stored >= 32 ? 0xffffffff : 2 ** stored - 1;
  for (let at = 0; at < samples.length; at += 1) {
    const value = samples[at];
    samples[at] = isSigned ? (value << (32 - stored - low)) >> (32 - stored) : (value >>> low) & mask;
  }
  return samples;
}

/** 64-bit integers as numbers: those beyond 2⁵³ are rounded, as they are wherever they are shown. */
function numbersOf(samples, { bitsStored: stored }, low) {
  const isSigned = samples instanceof BigInt64Array;
  const cut = isSigned ? BigInt.asIntN : BigInt.asUintN;
  return Float64Array.from(samples, (value) => Number(cut(stored, value >> BigInt(low))));
}
