/**
 * Which tests start Python: those that import `test/python.ts`, or a helper that does. Of these, the ones that reach
 * `test/ranks.ts` run up to eight processes at once, and so one file at a time; but those with a Slurm of their own, which mostly
 * wait for it, run beside the others. No list has to be kept, what a file imports decides.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";

const relativeImport = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g;

/** The names of vitest's projects. Of those that run at once, vitest starts the one whose name comes first: the longest. */
export const projects = { light: "light", jobs: "jobs", python: "python", ranks: "ranks" } as const;

/** Whether one of the test files that vitest chose starts Python. */
export function startPython(files: Iterable<{ readonly project: { readonly name: string } }>): boolean {
  return [...files].some(({ project }) => project.name !== projects.light);
}

/** Paths relative to `root` of the test files that reach `start`. */
export function testsReaching(root: string, start: string): string[] {
  const importers = new Map<string, string[]>();
  for (const file of sources(root, "test")) {
    for (const [, path = ""] of readFileSync(`${root}${file}`, "utf8").matchAll(relativeImport)) {
      const target = join(file, "..", path);
      importers.set(target, [...(importers.get(target) ?? []), file]);
    }
  }
  const reached = new Set([start]);
  for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer);
  return [...reached].filter((file) => file.endsWith(".test.ts")).sort();
}

function sources(root: string, folder: string): string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(root, path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}
