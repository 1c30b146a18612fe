import { readdirSync, readFileSync } from "node:fs";
import type { Metafile } from "esbuild";

const licenceFile = /^(licen[cs]e|copying)([.-].*)?$/i;

/** The licences of the packages whose code the bundle carries, as these licences ask. */
export function notices(root: string, metafile: Metafile): string {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(input);
      if (name !== undefined && bytesInOutput > 0)
        folders.add(input.slice(0, input.lastIndexOf(`/${name}/`) + name.length + 1));
    }
  }
  const sections = [...folders].sort().map((folder) => notice(`${root}${folder}`));
  return `${["planc carries code of these packages.", ...sections].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => licenceFile.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file; planc cannot carry it`);
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}`;
}

/** The npm package that a bundled file comes from: "node_modules/@a/b/c.js" → "@a/b"; undefined for our own files. */
export function packageOf(input: string): string | undefined {
  return /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}
