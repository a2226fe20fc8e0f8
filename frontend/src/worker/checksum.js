/** Is a frame what it was when it was archived? Its CRC-32 says so (ISO/IEC 3309). */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * What a frame's checksum has to be, and whether it is of the bytes as they are stored, or of the decoded samples in
 * little-endian order.
 *
 * @typedef {{crc32: number, ofStored: boolean}} Checksum
 */

/** Whether it is; `samples` are as they were decoded. */
export function isAsImported({ data, checksum }, samples) {
  const of = (array) => crc32(new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) === checksum.crc32;
  if (checksum.ofStored) return of(data);
  if (of(samples)) return true;
  // Of few bits in wide samples the checksum may be of the wide ones.
  return samples.BYTES_PER_ELEMENT === 1 && of((samples instanceof Int8Array ? Int16Array : Uint16Array).from(samples));
}

/** The CRC-32 of bytes. @param {Uint8Array} bytes */
export function crc32(bytes) {
  let value = 0xffffffff;
  for (let at = 0; at < bytes.length; at += 1) value = TABLE[(value ^ bytes[at]) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}
