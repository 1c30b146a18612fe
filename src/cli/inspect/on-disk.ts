import type { checkPlan } from "../../compiler.ts";
import { hasErrors } from "../../diagnostics/diagnostic.ts";
import { type Host, recording } from "../../host.ts";
import { readPlan } from "../../plan/read.ts";
import { localFolder } from "../local-folder.ts";

type Outcome = ReturnType<typeof checkPlan>;

/**
 * What became of a plan, where the checkpoint that it names lies on this machine: that is looked at too. Without one
 * nothing more is loaded.
 */
export async function withDisk(host: Host, file: string, checked: Outcome): Promise<Outcome> {
  const { value } = checked;
  // A plan that was refused may be so for what its config.json says, and the weights do not.
  const plan = value?.plan ?? readPlan(host, file).value;
  const folder = plan && localFolder(host, plan.model.checkpoint);
  if (folder === undefined) return checked;
  const { withCheckpoint, withFolder } = await import("./against-plan.ts");
  const recorder = recording(host);
  const diagnostics =
    value === undefined
      ? withFolder(recorder.host, folder, checked.diagnostics)
      : withCheckpoint(recorder.host, folder, value, checked.diagnostics);
  const config = recorder.texts.get(`${folder}/config.json`);
  const sources = new Map([
    ...checked.sources,
    ...(config === undefined ? [] : [[`${folder}/config.json`, config] as const]),
  ]);
  return { value: hasErrors(diagnostics) ? undefined : value, diagnostics, sources };
}
