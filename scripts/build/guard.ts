import { isBuiltin } from "node:module";
import type { Metafile } from "esbuild";
import { packageOf } from "./package-of.ts";

/** The sources that `planc check` starts with; what they import, without `import()`, is loaded on every check. */
const checkEntries = ["src/cli/main.ts", "src/cli/commands/check.ts"];

/** Build tools: their work is done when planc is built, so no file of `dist/` may carry them. */
const buildOnly = new Set(["ejs", "ts-morph", "@ts-morph/common", "typescript", "esbuild", "tsx", "vitest"]);

/** Of ajv, generated validators need a few helpers (`ajv/dist/runtime/ucs2length`); the compiler must stay out. */
const ajvHelper = /node_modules\/ajv\/dist\/runtime\/(ucs2length|equal|uri)\.js$/;

/** Fine in a chunk of their own; too slow to be read on every check. */
const lazy = new Set(["@dagrejs/graphlib", "yaml-language-server"]);
const lazyPrefix = "vscode-";
const lazySources = ["src/generated/templates.js"];

/** Sentences about what the bundle carries and must not; none when it is fine. */
export function leaks(metafile: Metafile, entries: readonly string[] = checkEntries): string[] {
  const found: string[] = [];
  for (const entry of entries) {
    if (!outputOf(metafile, entry))
      found.push(`${entry} is not in the bundle; scripts/build/guard.ts guards what it loads`);
  }
  for (const [output, { imports }] of Object.entries(metafile.outputs)) {
    for (const { path, kind, external } of imports) {
      if (!external) continue;
      if (!isBuiltin(path)) found.push(`${output} imports ${path} when it runs; bundle it`);
      else if (kind === "require-call") found.push(`${output} calls require("${path}"), which ESM has not`);
    }
  }
  const eager = eagerOutputs(metafile, entries);
  for (const [output, { inputs }] of Object.entries(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput === 0) continue;
      if (isBuildOnly(input)) found.push(`${output} carries ${input}, which is for building planc only`);
      else if (eager.has(output) && isLazy(input)) found.push(`planc check loads ${input} (in ${output}); import() it`);
    }
  }
  return found;
}

function isBuildOnly(input: string): boolean {
  const name = packageOf(input);
  return name !== undefined && (buildOnly.has(name) || (name === "ajv" && !ajvHelper.test(input)));
}

function isLazy(input: string): boolean {
  const name = packageOf(input);
  if (name === undefined) return lazySources.includes(input);
  return lazy.has(name) || name.startsWith(lazyPrefix);
}

/** The outputs that hold the entries and everything these import statically. */
export function eagerOutputs(metafile: Metafile, entries: readonly string[] = checkEntries): Set<string> {
  const seen = new Set<string>();
  const queue = entries.map((entry) => outputOf(metafile, entry)).filter((output) => output !== undefined);
  for (let output = queue.pop(); output !== undefined; output = queue.pop()) {
    if (seen.has(output)) continue;
    seen.add(output);
    for (const { path, kind, external } of metafile.outputs[output]?.imports ?? []) {
      if (!external && kind !== "dynamic-import") queue.push(path);
    }
  }
  return seen;
}

function outputOf(metafile: Metafile, input: string): string | undefined {
  const outputs = Object.entries(metafile.outputs);
  return (
    outputs.find(([, output]) => output.entryPoint === input)?.[0] ??
    outputs.find(([, output]) => input in output.inputs)?.[0]
  );
}
