/**
 * Builds `dist/`: writes the generated sources, bundles the command line with every package it uses (an installed
 * planc has no dependencies, and starts sooner for it), and refuses a bundle that carries what it must not.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { bundle } from "./build/bundle.ts";
import { rememberInputs } from "./build/fresh.ts";
import { leaks } from "./build/guard.ts";
import { notices } from "./build/notices.ts";
import { root } from "./root.ts";

/** Each writes its own files, and knows itself when nothing has changed. */
const generators = [
  "scripts/families.ts",
  "scripts/families_docs.ts",
  "scripts/conformance_docs.ts",
  "scripts/rules.ts",
  "scripts/schema.ts",
  "scripts/templates.ts",
  "scripts/diagnostics_docs.ts",
  "scripts/cli_docs.ts",
  "scripts/issues_docs.ts",
  "scripts/gpus_docs.ts",
];

const started = performance.now();
for (const generator of generators) generate(generator);

const { files, metafile } = await bundle(root);
const found = leaks(metafile);
if (found.length > 0) {
  for (const leak of found) console.error(`error: ${leak}`);
  process.exit(1);
}
files.set("THIRD-PARTY-NOTICES.txt", Buffer.from(notices(root, metafile)));
writeFolder(`${root}dist`, files, "start.cjs");
rememberInputs();

const size = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`dist: ${files.size} files, ${Math.round(size / 1024)} KiB, ${seconds} s`);

function generate(script: string): void {
  if (!existsSync(`${root}${script}`)) return;
  const run = spawnSync(process.execPath, ["--import", "tsx", script], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (run.status !== 0) {
    console.error(`error: ${script} failed`);
    process.exit(1);
  }
}

/** Makes a folder hold exactly these files. `last` is written last, so that whoever starts planc meanwhile finds its chunks. */
export function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array>, last: string): void {
  mkdirSync(folder, { recursive: true });
  const names = [...files.keys()].sort((a, b) => Number(a === last) - Number(b === last));
  for (const name of names) writeFileSync(`${folder}/${name}`, files.get(name) ?? "");
  for (const name of readdirSync(folder)) {
    if (!files.has(name)) rmSync(`${folder}/${name}`, { recursive: true });
  }
}
