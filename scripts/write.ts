import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { root } from "./root.ts";

/** Writes a file of the checkout. An unchanged one stays untouched, so that its time does not make the build start over. */
export function write(file: string, text: string): void {
  if (isWritten(file, text)) return;
  mkdirSync(dirname(`${root}${file}`), { recursive: true });
  writeFileSync(`${root}${file}`, text);
}

export function isWritten(file: string, text: string): boolean {
  return existsSync(`${root}${file}`) && readFileSync(`${root}${file}`, "utf8") === text;
}
