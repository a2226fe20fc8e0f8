/** The files in what was dropped, those in folders too. */

/** Whether a drag carries files. */
export function hasFiles(transfer) {
  return [...(transfer?.types ?? [])].includes("Files");
}

/** All files, folder by folder, without hidden ones and DICOMDIRs, which are no images. */
export async function filesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const taken = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()); // now: a drop is empty after an await
  const files = [];
  for (const one of taken) await collect(one, files);
  return files;
}

async function collect(entry, files) {
  if (entry instanceof File) files.push(entry);
  else if (entry?.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) files.push(file);
  } else if (entry?.isDirectory) {
    for (const child of await childrenOf(entry)) {
      if (!child.name.startsWith(".") && child.name !== "DICOMDIR") await collect(child, files);
    }
  }
}

/** A directory's entries, by name: a reader gives them in portions, until it gives none. */
async function childrenOf(directory) {
  const reader = directory.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return all.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    all.push(...some);
  }
}
