// Builds the page into dist/: hashed names for all that never changes under its name, index.html beside it.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const out = new URL("dist/", import.meta.url).pathname;

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const common = {
  absWorkingDir: new URL(".", import.meta.url).pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".wasm": "file", ".svg": "file" },
  external: ["fs", "path", "crypto"], // of codecs' branches for Node, which a browser never takes
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
};

const worker = await build({ ...common, entryPoints: ["src/worker/worker.js"] });
const page = await build({
  ...common,
  entryPoints: ["src/main.js", "src/style.css"],
  define: { WORKER_URL: JSON.stringify(`./${nameOf(worker, "src/worker/worker.js")}`) },
});

const html = (await readFile(new URL("src/index.html", import.meta.url), "utf8"))
  .replace("main.js", nameOf(page, "src/main.js"))
  .replace("style.css", nameOf(page, "src/style.css"));
await writeFile(new URL("dist/index.html", import.meta.url), html);
await cp(new URL("src/icon.svg", import.meta.url), new URL("dist/icon.svg", import.meta.url));

/** The file that an entry point was built into. */
function nameOf(result, entryPoint) {
  const [path] = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint === entryPoint);
  return path.split("/").pop();
}
