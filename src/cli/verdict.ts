import type { Checked } from "../compiler.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { countOf } from "../diagnostics/formats/summary.ts";
import { attentionBytes, stateBytes } from "../estimate/memory.ts";
import { bytes, count, plural } from "../text/words.ts";

/** One line about a plan that passed: the figures that a reader would want to see twice before spending GPU hours. */
export function verdict(checked: Checked, diagnostics: readonly Diagnostic[]): string {
  const { model, cluster, sizes, memory, batch } = checked;
  const attention = attentionBytes(memory);
  const { warnings } = countOf(diagnostics);
  const experts = plural(model.sizes.num_experts / sizes.ep_size, "expert");
  const tokens =
    batch.tokens_per_step === null
      ? []
      : [`${batch.exact ? "" : "up to "}${count(batch.tokens_per_step)} tokens a step`];
  const figures = [
    plural(sizes.world_size, "rank"),
    `${experts} and ${bytes(stateBytes(memory))} of ${bytes(cluster.gpu.memory)} each`,
    ...(attention === 0 ? [] : [`${bytes(attention)} more for attention`]),
    ...tokens,
  ];
  return `${warnings > 0 ? `fine, with ${plural(warnings, "warning")}` : "fine"}: ${figures.join(", ")}`;
}
