/** Raw deflate streams (RFC 1951) by the browser's own decompressor, within a bound. */

const STEP = 1024 * 1024;
const TAIL = 16; // padding may follow the stream, over which the decompressor drops what it holds: these go singly

/**
 * Inflate at most about `limit` bytes.
 *
 * @returns {Promise<{data: Uint8Array, complete: boolean}>} what could be inflated, and whether the stream ended
 */
export async function inflate(data, limit) {
  const stream = new DecompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const pieces = [];
  let total = 0;
  const reading = (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      pieces.push(value);
      total += value.length;
    }
  })().catch(() => {});
  let complete = false;
  try {
    for (const [from, to] of pieceOffsets(data.length)) {
      if (total >= limit) break;
      await writer.ready;
      await writer.write(data.subarray(from, to));
      if (to > data.length - TAIL) await new Promise((resolve) => setTimeout(resolve));
    }
    if (total < limit) await writer.close();
    complete = true;
  } catch {
    complete = await endsIn(data, total);
  }
  if (total >= limit) reader.cancel().catch(() => {});
  else await reading;
  return { data: joined(pieces, total), complete };
}

function* pieceOffsets(length) {
  const singly = Math.max(0, length - TAIL);
  for (let at = 0; at < singly; at += STEP) yield [at, Math.min(at + STEP, singly)];
  for (let at = singly; at < length; at += 1) yield [at, at + 1];
}

/** Whether the stream ended before its bytes did: then padding is what the decompressor refused. */
async function endsIn(data, total) {
  return total > 0 && data.length > 0 && data[data.length - 1] === 0;
}

function joined(pieces, total) {
  const all = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
