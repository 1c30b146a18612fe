import type { Checked, Facts, World } from "../compiler.ts";
import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import { type Host, recording } from "../host.ts";
import type { Judged } from "./findings.ts";
import { localFolder } from "./local-folder.ts";

/** What the compiler has found out about a plan. */
interface Found<Value> extends Judged {
  /** Undefined when there are errors. */
  readonly value: Value | undefined;
  readonly facts: Facts;
}

/**
 * What is said of a plan where the rows and the checkpoint that it names lie here: one verdict, whichever command asks.
 * These are diagnostics alone, and reach nothing that is written.
 */
export async function withFiles<Value>(
  host: Host,
  found: Found<Value>,
  checkedOf: (value: Value) => Checked,
): Promise<Found<Value>> {
  const checked = found.value === undefined ? undefined : checkedOf(found.value);
  const stored = await withCheckpoint(host, found, checked);
  const diagnostics = [...stored.diagnostics, ...(await judgeRows(host, checked))];
  return { ...stored, value: hasErrors(diagnostics) ? undefined : found.value, diagnostics };
}

/** The compiler's answer for a command that only asks. The compiler is handed in, since `check` has its own copy. */
export function judgePlan(
  checkPlan: (world: World, file: string) => Omit<Found<Checked>, "file">,
  world: World,
  file: string,
): Promise<Found<Checked>> {
  return withFiles(world.host, { file, ...checkPlan(world, file) }, (checked) => checked);
}

async function judgeRows(host: Host, checked: Checked | undefined): Promise<readonly Diagnostic[]> {
  if (checked === undefined) return [];
  return checked.task.judgeRows(host, checked.plan);
}

/** Where no checkpoint lies here nothing more is loaded. */
async function withCheckpoint<Value>(host: Host, found: Found<Value>, checked: Checked | undefined) {
  // A plan that was refused may be so for what its config.json says, and the weights do not.
  const { plan } = found.facts.plan ?? {};
  if (plan === undefined) return found;
  const folder = localFolder(host, plan.model.checkpoint, plan.written.fileOf("model.checkpoint"));
  if (folder === undefined) return found;
  const named = plan.written.at("model.checkpoint");
  const { judgeCheckpoint } = await import("./inspect/against-plan.ts");
  const recorder = recording(host);
  const diagnostics = judgeCheckpoint(recorder.host, { path: folder, named }, checked, found.diagnostics);
  const config = `${folder}/config.json`;
  const text = recorder.texts.get(config);
  return {
    ...found,
    diagnostics,
    sources: text === undefined ? found.sources : new Map([...found.sources, [config, text]]),
  };
}
