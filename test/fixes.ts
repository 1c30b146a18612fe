import type { Fix } from "../src/diagnostics/diagnostic.ts";
import { checkPlan } from "./compiler.ts";
import { memoryHost } from "./host.ts";
import { config, plan } from "./plans.ts";

type Tree = Parameters<typeof plan>[0];

/** A text with a fix's edits of its file made. Edits do not overlap, so the last goes first. */
export function applied(text: string, { edits }: Fix): string {
  const offset = ({ line, character }: { line: number; character: number }) =>
    text
      .split("\n")
      .slice(0, line)
      .reduce((sum, before) => sum + before.length + 1, character);
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}

/** Checks a plan again after the first fix of its first diagnostic with that code. */
export function withFix(changes: Tree, modelConfig: Tree = config("Qwen3-30B-A3B"), code?: string) {
  const files = (text: string) => memoryHost({ "plan.yaml": text, "config.json": JSON.stringify(modelConfig) });
  const text = JSON.stringify(plan(changes), null, 2);
  const found = checkPlan(files(text), "plan.yaml").diagnostics.find((each) => each.code === code);
  const fix = found?.fixes[0];
  if (fix === undefined) throw new Error(`${code} has no fix here`);
  return checkPlan(files(applied(text, fix)), "plan.yaml");
}
