/**
 * Which tests start Python: those that import `test/python.ts`, or a helper that does. They load torch, may run eight
 * processes, and so run one file at a time; no list has to be kept, what a file imports decides.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";

const relativeImport = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g;

/** The names of vitest's two projects, in the order in which they run. */
export const projects = { light: "light", python: "python" } as const;

/** Whether one of the test files that vitest chose does. */
export function startPython(files: Iterable<{ readonly project: { readonly name: string } }>): boolean {
  return [...files].some(({ project }) => project.name === projects.python);
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
