import type { Checked } from "../compiler.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { countOf } from "../diagnostics/formats/summary.ts";
import type { Memory } from "../estimate/estimate.ts";
import { attentionBytes, stateBytes, usedBytes } from "../estimate/memory.ts";
import { bytes, count, plural } from "../text/words.ts";

/** One line about a plan that passed: the figures that a reader would want to see twice before spending GPU hours. */
export function verdict(checked: Checked, diagnostics: readonly Diagnostic[]): string {
  const { model, cluster, sizes, memory, batch } = checked;
  const { warnings } = countOf(diagnostics);
  const experts = plural(model.sizes.num_experts / sizes.ep_size, "expert");
  const tokens =
    batch.tokens_per_step === null
      ? []
      : [`${batch.exact ? "" : "up to "}${count(batch.tokens_per_step)} tokens a step`];
  const figures = [
    plural(sizes.world_size, "rank"),
    `${experts} and ${memoryOf(memory)} of ${bytes(cluster.gpu.memory)} each`,
    ...tokens,
  ];
  return `${warnings > 0 ? `fine, with ${plural(warnings, "warning")}` : "fine"}: ${figures.join(", ")}`;
}

/** What a rank takes of its GPU at the peak; where that is not known, what is known to stay there. */
function memoryOf(memory: Memory): string {
  const used = usedBytes(memory);
  if (used !== null) return `a peak of ${bytes(used)}`;
  const attention = attentionBytes(memory);
  return `${bytes(stateBytes(memory))} of states${attention === 0 ? "" : ` with ${bytes(attention)} of attention`}`;
}
