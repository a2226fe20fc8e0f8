// Builds a page into a folder: hashed names for all that never changes under its name, index.html beside it.
//
//   node build.mjs [--page FOLDER] [--out FOLDER]
//
// A page is a folder with index.html, main.js and style.css: src, unless a test names one of its own. The worker is
// always the same.
import { access, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values: asked } = parseArgs({
  options: { page: { type: "string", default: join(here, "src") }, out: { type: "string", default: join(here, "dist") } },
});
const page = resolve(asked.page);
const out = resolve(asked.out);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const common = {
  absWorkingDir: here,
  nodePaths: [join(here, "node_modules")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".wasm": "file", ".txt": "file", ".svg": "file" },
  external: ["fs", "path", "crypto"], // of codecs' branches for Node, which a browser never takes
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
};

const worker = await build({ ...common, entryPoints: [join(here, "src/worker/worker.js")] });
const shell = await build({
  ...common,
  entryPoints: [join(page, "main.js"), join(page, "style.css")],
  define: { WORKER_URL: JSON.stringify(`./${nameOf(worker, "worker")}`) },
});

const html = (await readFile(join(page, "index.html"), "utf8"))
  .replace("main.js", nameOf(shell, "main"))
  .replace("style.css", nameOf(shell, "style"));
await writeFile(join(out, "index.html"), html);
const icon = join(page, "icon.svg");
if (await access(icon).then(() => true, () => false)) await cp(icon, join(out, "icon.svg"));

/** The file that an entry point of this name was built into. */
function nameOf(result, name) {
  const built = Object.entries(result.metafile.outputs).filter(([, output]) => output.entryPoint);
  return built.map(([path]) => path.split("/").pop()).find((file) => file.startsWith(`${name}-`));
}
