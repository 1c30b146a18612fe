import { isBuiltin } from "node:module";
import type { Metafile } from "esbuild";
import { packageOf } from "./notices.ts";

/** What `planc check` loads. */
const checkOutputs = ["dist/planc.cjs", "dist/check.cjs"];

/** Build tools: their work is done when planc is built, so no file of `dist/` may carry them. */
const buildOnly = new Set(["ejs", "ts-morph", "@ts-morph/common", "typescript", "esbuild", "tsx", "vitest"]);

/** Of ajv, generated validators need a few helpers (`ajv/dist/runtime/ucs2length`); the compiler must stay out. */
const ajvHelper = /node_modules\/ajv\/dist\/runtime\/(ucs2length|equal|uri)\.js$/;

/** Fine in the file of a command that needs them; too slow to be read on every check. */
const heavy = new Set(["@dagrejs/graphlib", "yaml-language-server"]);
const heavyPrefix = "vscode-";
const heavySources = ["src/generated/templates.js"];

/** Sentences about what the bundle carries and must not; none when it is fine. */
export function leaks(metafile: Metafile): string[] {
  const found: string[] = [];
  for (const output of checkOutputs) {
    if (metafile.outputs[output] === undefined)
      found.push(`${output} is not in the bundle; scripts/build/guard.ts guards what it loads`);
  }
  for (const [output, { imports, inputs }] of Object.entries(metafile.outputs)) {
    for (const { path, external } of imports) {
      const isOurs = `dist/${path.replace(/^\.\//, "")}` in metafile.outputs;
      if (isOurs && output === "dist/check.cjs") {
        const loaded = Object.keys(metafile.outputs[`dist/${path.replace(/^\.\//, "")}`]?.inputs ?? {});
        for (const input of loaded.filter(isHeavy)) found.push(`planc check loads ${input} (through ${path})`);
      }
      if (external && !isOurs && !isBuiltin(path)) found.push(`${output} imports ${path} when it runs; bundle it`);
    }
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput === 0) continue;
      if (isBuildOnly(input)) found.push(`${output} carries ${input}, which is for building planc only`);
      else if (checkOutputs.includes(output) && isHeavy(input)) found.push(`planc check loads ${input} (in ${output})`);
    }
  }
  return found;
}

function isBuildOnly(input: string): boolean {
  const name = packageOf(input);
  return name !== undefined && (buildOnly.has(name) || (name === "ajv" && !ajvHelper.test(input)));
}

function isHeavy(input: string): boolean {
  const name = packageOf(input);
  if (name === undefined) return heavySources.includes(input);
  return heavy.has(name) || name.startsWith(heavyPrefix);
}
