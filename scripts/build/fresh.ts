import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { root } from "../root.ts";

/** What `dist/` is made from. */
const generators = ["build", "schema", "templates", "diagnostics_docs", "cli_docs"].flatMap((name) => [
  `scripts/${name}`,
  `scripts/${name}.ts`,
]);
const inputs = ["src", "templates", "schema", "package.json", "package-lock.json", ...generators];
const stamp = `${root}.cache/build`;

/** Whether `dist/` was built from the files as they are now, judged by names, sizes and times. */
export function distIsFresh(): boolean {
  return existsSync(`${root}dist/planc.cjs`) && existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
}

export function rememberInputs(): void {
  mkdirSync(`${root}.cache`, { recursive: true });
  writeFileSync(stamp, fingerprint());
}

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const file of inputs.flatMap(filesOf)) {
    const { size, mtimeMs } = statSync(`${root}${file}`);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  const found = statSync(`${root}${path}`, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(`${root}${path}`)
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`));
}
