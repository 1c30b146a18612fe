import { inspectCheckpoint } from "../../checkpoint/inspect.ts";
import type { Checked } from "../../compiler.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../diagnostics/fix.ts";
import { report } from "../../diagnostics/report.ts";
import type { Host } from "../../host.ts";
import { hasWeights } from "./has-weights.ts";

/**
 * What is wrong with a checkpoint that happens to lie on this machine, and whether it is stored as the plan takes it to
 * be. Diagnostics only: nothing of it may reach what planc writes.
 */
export function judgeCheckpoint(host: Host, folder: string, { plan, model }: Checked): Diagnostic[] {
  if (!hasWeights(host, folder)) return [report("PLN5050", plan.written.at("model.checkpoint"), { folder })];
  const { value, diagnostics } = inspectCheckpoint(host, folder);
  const stored = value?.layout;
  const planned = plan.model.layout ?? model.publishedLayout;
  if (stored === undefined || stored === planned) return [...diagnostics];
  const place = plan.written.at("model.layout");
  const values = { checkpoint: plan.model.checkpoint, planned, stored };
  if (plan.model.layout === undefined) {
    const { model_type } = model;
    return [...diagnostics, report("PLN2115", place, { ...values, model_type }, { variant: "published" })];
  }
  return [...diagnostics, report("PLN2115", place, values, { fixes: [replaceWith(place, stored)] })];
}
