import type { Checked } from "../compiler.ts";
import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Judged } from "./findings.ts";
import { localFolder } from "./local-folder.ts";

/** What the compiler has found out about a plan. */
interface Found<Value> extends Judged {
  /** Undefined when there are errors. */
  readonly value: Value | undefined;
}

/**
 * Adds what there is to say about the rows and the checkpoint that a plan names, where they lie here: one verdict, whichever command asks.
 * These are diagnostics alone, and reach nothing that is written.
 */
export async function withFiles<Value>(
  host: Host,
  found: Found<Value>,
  checkedOf: (value: Value) => Checked,
): Promise<Found<Value>> {
  if (found.value === undefined) return found;
  const diagnostics = [...found.diagnostics, ...(await judgeFiles(host, checkedOf(found.value)))];
  return { ...found, value: hasErrors(diagnostics) ? undefined : found.value, diagnostics };
}

/** The compiler's answer for a command that only asks. The compiler is handed in, since `check` has its own copy. */
export function judgePlan(
  checkPlan: (host: Host, file: string) => Omit<Found<Checked>, "file">,
  host: Host,
  file: string,
): Promise<Found<Checked>> {
  return withFiles(host, { file, ...checkPlan(host, file) }, (checked) => checked);
}

async function judgeFiles(host: Host, checked: Checked): Promise<readonly Diagnostic[]> {
  const { written, model } = checked.plan;
  const { judgeData } = await import("../engines/transformers/data/judge.ts");
  const found = judgeData(host, checked.plan);
  const folder = localFolder(host, model.checkpoint, written.fileOf("model.checkpoint"));
  if (folder === undefined) return found;
  const { judgeCheckpoint } = await import("./inspect/against-plan.ts");
  return [...found, ...judgeCheckpoint(host, folder, checked)];
}
