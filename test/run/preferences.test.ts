/** Preference training: the bundle's own program beside TRL's DPOTrainer in one process, and a reference that is none. */
import { expect, test } from "vitest";
import { checkTree, config } from "../plans.ts";
import { insert, rehearsals } from "./rehearsal.ts";

const rehearse = rehearsals();

type Options = Readonly<Record<string, unknown>>;

function checked(name: string, parallelism: object, dpo: Options) {
  const tree = {
    cluster: { gpu: { name: "large", memory_gb: 4096 }, gpus_per_node: 8 },
    parallelism,
    sft: undefined,
    dpo: { save_strategy: "no", max_length: 1024, per_device_train_batch_size: 1, ...dpo },
  };
  return checkTree(tree, config(name)).value;
}

const plans: readonly (readonly [what: string, ReturnType<typeof checked>, ranks: number])[] = [
  [
    "two pairs a micro-batch, two losses, the router's among them, experts over half of the ranks",
    checked(
      "Qwen3-30B-A3B",
      { fsdp_size: 8, ep_size: 4 },
      { per_device_train_batch_size: 2, loss_type: ["sigmoid", "sft"] },
    ),
    4,
  ],
  [
    "without the router's loss, in two micro-batches",
    checked("Qwen3-30B-A3B", { fsdp_size: 8, ep_size: 8 }, { router_aux_loss_coef: 0, gradient_accumulation_steps: 2 }),
    2,
  ],
  [
    "experts with biases, attention with sinks",
    checked("gpt-oss-20b", { fsdp_size: 8, ep_size: 8 }, { router_aux_loss_coef: 0.001, beta: 0.5 }),
    2,
  ],
];
const outcomes = plans.map(([what, plan, ranks]) => [what, rehearse(plan, undefined, { ranks })] as const);

test.each(outcomes)("%s", (_, ran) => {
  const outcome = ran();
  expect(outcome.failure).toBeUndefined();
  expect(outcome.disagreements ?? ["not judged"]).toEqual([]);
  const [first, second] = outcome.steps ?? [];
  expect(first?.difference).toBeLessThan(1e-5);
  // Rewards are there from the second step on, of a size that says something.
  expect(second?.rewards).toBeLessThan(1e-3);
  expect(outcome.models?.moved).toBeGreaterThan(1e-4);
});

const spoilt = rehearse(
  plans[1]?.[1],
  insert(
    "planc_runtime/preferences/reference.py",
    "    reference.requires_grad_(False)\n",
    "    reference.get_output_embeddings().weight.data.mul_(1.1)\n",
  ),
  { ranks: 2 },
);

test("a reference that is not what training begins with", () => {
  expect(spoilt().disagreements?.some((each) => /^the (loss|rewards) of step 1/.test(each))).toBe(true);
});
