import type { Issue } from "../../../stack/issue.ts";
import { autoFindBatchSize, debugHooks, jitCheckpoint, ligerExchanges } from "../issues/options.ts";

/** An option whose values fail, or do something other than they say, on a model that is sharded while it is loaded. */
export interface Unfit {
  readonly option: string;
  readonly values: readonly unknown[];
  /** Why, in words of its own, or the known issue that says it. */
  readonly because: Issue | { readonly symptom: string; readonly workaround: string };
}

export const unfit: readonly Unfit[] = [
  { option: "auto_find_batch_size", values: [true], because: autoFindBatchSize },
  { option: "debug", values: ["underflow_overflow", "tpu_metrics_debug"], because: debugHooks },
  { option: "enable_jit_checkpoint", values: [true], because: jitCheckpoint },
  {
    option: "push_to_hub",
    values: [true],
    because: {
      symptom: "the trainer makes the repository on the Hub before it trains, and a job that cannot do so ends there",
      workaround: "upload the saved model afterwards: hf upload <id> <output_dir>",
    },
  },
  { option: "use_liger_kernel", values: [true], because: ligerExchanges },
];
