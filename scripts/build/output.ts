import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

/** Makes a folder hold exactly these files. `last` is written last, so that whoever starts planc meanwhile finds its chunks. */
export function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array>, last: string): void {
  mkdirSync(folder, { recursive: true });
  const names = [...files.keys()].sort((a, b) => Number(a === last) - Number(b === last));
  for (const name of names) writeFileSync(`${folder}/${name}`, files.get(name) ?? "");
  for (const name of readdirSync(folder)) {
    if (!files.has(name)) rmSync(`${folder}/${name}`, { recursive: true });
  }
}
