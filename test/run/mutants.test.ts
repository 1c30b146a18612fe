/** Bundles that are wrong in ways that a loss curve would show only after days: each is caught, and named. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkTree } from "../plans.ts";
import { insert, rehearsals } from "./rehearsal.ts";

const loaded = "    check_report(checkpoint, report, has_other_parts=parts is not None)\n";

const mutants: readonly (readonly [string, (bundle: string) => void, RegExp])[] = [
  [
    "expert gradients divided by the FSDP size",
    insert(
      "planc_runtime/model.py",
      loaded,
      `    def divide(parameter):
        parameter.grad.div_(4)

    for name, parameter in model.named_parameters():
        if ".experts." in name:
            parameter.register_post_accumulate_grad_hook(divide)
`,
    ),
    /^the gradient of model\.layers\.\d\.mlp\.experts\.\w+ in step 1, 0\.2500 times as long as alone$/,
  ],
  [
    "gate and up swapped",
    insert(
      "planc_runtime/model.py",
      loaded,
      `    for name, parameter in model.named_parameters():
        if name.endswith("gate_up_proj"):
            local = parameter.to_local()
            local.data.copy_(local.roll(local.shape[1] // 2, 1))
`,
    ),
    /^model\.layers\.0\.mlp\.experts\.gate_up_proj: gate and up stand in each other's place$/,
  ],
  [
    "ranks that see the same batch",
    insert(
      "train.py",
      "from planc_runtime.checkpoint import PlanTrainer, open_run\n",
      `from torch.utils.data import DataLoader

PlanTrainer.get_train_dataloader = lambda self: DataLoader(
    self.train_dataset, batch_size=1, collate_fn=self.data_collator, drop_last=True
)
`,
    ),
    /^ranks saw the same batch: 2 different micro-batches where one process took 8, /,
  ],
  [
    "a plan without its grouped_gemm rules",
    (bundle) => {
      const source = readFileSync(`${bundle}/train.py`, "utf8");
      // The engine adds the rules of the model's config to those that it is given.
      const changed = source.replace(/^.*"grouped_gemm",?\n/gm, "").replace(
        "from planc_runtime.checkpoint import PlanTrainer, open_run\n",
        `from transformers import Qwen3MoeConfig
from planc_runtime.checkpoint import PlanTrainer, open_run

Qwen3MoeConfig.base_model_ep_plan = {"layers.*.mlp.experts": "ep_dispatch_experts"}
`,
      );
      if (changed === source) throw new Error("train.py has no grouped_gemm");
      writeFileSync(`${bundle}/train.py`, changed);
    },
    /^model\.layers\.0\.mlp\.experts\.\w+: a rank holds \[.*\] where the plan says \[.*\]; its grouped_gemm rule does not reach it$/,
  ],
];

const rehearse = rehearsals();
const { value } = checkTree({
  cluster: { gpus_per_node: 4, gpu: { name: "large", memory_gb: 400 } },
  parallelism: { fsdp_size: 4, ep_size: 4 },
});
const runs = mutants.map(([what, change, said]) => [what, rehearse(value, change), said] as const);

test.each(runs)("%s", (_, ran, said) => {
  const outcome = ran();
  const found = outcome.failure === undefined ? (outcome.disagreements ?? ["not judged"]) : [outcome.failure.message];
  expect(found[0]).toMatch(said);
});
