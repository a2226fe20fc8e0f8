/** Colour samples -> RGBA of 8 bits (PS3.3 C.7.6.3.1.2). */

/** YCbCr -> RGB in 1/64ths, by the tables that Pillow has: the server's. */
const part = (factor) => Int32Array.from({ length: 256 }, (_, value) => Math.trunc(factor * 64 * (value - 128) + 0.5));
const [RED_CR, GREEN_CB, GREEN_CR, BLUE_CB] = [part(1.402), part(-0.34414), part(-0.71414), part(1.772)];

/** Samples of so many bits, interleaved -> RGBA. More bits are cut to the highest 8, fewer spread over them. */
export function rgbaOf(samples, photometric, bitsStored) {
  const bits = Math.min(bitsStored, 8 * samples.BYTES_PER_ELEMENT);
  const eight = eightBits(samples, bits);
  const rgba = new Uint8ClampedArray((4 * samples.length) / 3);
  const convert = photometric.startsWith("YBR_PARTIAL") ? ofPartial : photometric.startsWith("YBR") ? ofFull : asItIs;
  for (let from = 0, to = 0; from < samples.length; from += 3, to += 4) {
    convert(eight(samples[from]), eight(samples[from + 1]), eight(samples[from + 2]), rgba, to);
    rgba[to + 3] = 255;
  }
  return rgba;
}

function eightBits(samples, bits) {
  const isSigned = [Int8Array, Int16Array, Int32Array].includes(samples.constructor);
  const lift = isSigned ? 2 ** (bits - 1) : 0;
  if (bits < 8) return (value) => Math.floor(((value + lift) * 255) / (2 ** bits - 1)) & 0xff;
  const divisor = 2 ** (bits - 8);
  return (value) => Math.floor((value + lift) / divisor) & 0xff;
}

function asItIs(red, green, blue, rgba, to) {
  rgba[to] = red;
  rgba[to + 1] = green;
  rgba[to + 2] = blue;
}

function ofFull(y, cb, cr, rgba, to) {
  rgba[to] = y + (RED_CR[cr] >> 6);
  rgba[to + 1] = y + ((GREEN_CB[cb] + GREEN_CR[cr]) >> 6);
  rgba[to + 2] = y + (BLUE_CB[cb] >> 6);
}

/** The retired YBR_PARTIAL_422, whose luminance is 16 to 235 (ITU-R BT.601); a clamped array rounds as the server does. */
function ofPartial(y, cb, cr, rgba, to) {
  const [light, blue, red] = [1.1644 * (y - 16), cb - 128, cr - 128];
  rgba[to] = light + 1.596 * red;
  rgba[to + 1] = light - 0.3917 * blue - 0.813 * red;
  rgba[to + 2] = light + 2.0173 * blue;
}
