/** A file -> what its frames come from, or why there are none. */
import { inPlace } from "./showing.js";
import { PlainSource, WorkerSource, plainKind } from "./sources.js";

/** Refusals after which the server may still know better. */
const SERVER_MAY = new Set(["undecodable", "too-large", "truncated", "malformed"]);

/**
 * Open a blob.
 *
 * @param {Blob} blob @param {Client} client @param {Function | undefined} serverPicture
 * @returns {Promise<{source: object | null, refusal: {code: string, message: string} | null, hasHeader: boolean,
 *   summary: object | null}>}
 */
export async function openBlob(blob, client, serverPicture) {
  const kind = await plainKind(blob);
  if (kind) return plain(blob, kind);
  let opened;
  try {
    opened = await client.open(blob);
  } catch (error) {
    return { source: null, refusal: { code: error.code ?? "malformed", message: error.message }, hasHeader: false, summary: null };
  }
  const { summary, refusal } = opened;
  if (!refusal) return { source: new WorkerSource(client, summary), refusal: null, hasHeader: true, summary };
  const source = SERVER_MAY.has(refusal.code) ? inPlace(serverPicture, summary) : null;
  return { source, refusal, hasHeader: true, summary };
}

async function plain(blob, kind) {
  try {
    const source = new PlainSource(await createImageBitmap(blob), kind);
    return { source, refusal: null, hasHeader: false, summary: source.summary };
  } catch {
    const refusal = { code: "undecodable", message: "The picture is damaged: the browser cannot read it." };
    return { source: null, refusal, hasHeader: false, summary: null };
  }
}
