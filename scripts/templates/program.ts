import ts from "typescript";
import { root } from "../root.ts";

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
};

const onDisk = new Map<string, ts.SourceFile | undefined>();

/** A program of `entries`, paths from the repository's root. `held`: path → text of files that lie on no disk. */
export function programOf(entries: readonly string[], held: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(options, true);
  const heldText = (path: string) => (path.startsWith(root) ? held.get(path.slice(root.length)) : undefined);
  return ts.createProgram(
    entries.map((entry) => `${root}${entry}`),
    options,
    {
      ...host,
      fileExists: (path) => heldText(path) !== undefined || host.fileExists(path),
      readFile: (path) => heldText(path) ?? host.readFile(path),
      getSourceFile: (path, version) => {
        const text = heldText(path);
        if (text !== undefined) return ts.createSourceFile(path, text, version, true);
        if (!onDisk.has(path)) onDisk.set(path, host.getSourceFile(path, version));
        return onDisk.get(path);
      },
    },
  );
}

export function sourceOf(program: ts.Program, file: string): ts.SourceFile | undefined {
  return program.getSourceFile(`${root}${file}`);
}
