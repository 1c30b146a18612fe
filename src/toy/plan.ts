import type { MeshFacts } from "../stack/facts.ts";
import { type Folded, worldOf } from "./fold.ts";
import { toyLora } from "./lora.ts";

type Tree = Readonly<Record<string, unknown>>;

/** Tokens of a sequence at toy size. */
export const toyLength = 64;

/** The plan at toy size: its own rules, precision and options on the folded mesh, for a model of so many layers. */
export function toyPlan(checked: MeshFacts, mesh: Folded, { steps, depth }: { steps: number; depth: number }): Tree {
  const { stack, versions, parallelism, precision, recompute, name, task, lora } = checked.plan;
  const overrides = parallelism.base_model_ep_plan;
  const { implementation, on_cpu } = checked.attention;
  const isKept = checked.plan.model.attn_implementation !== undefined && implementation === on_cpu;
  return {
    version: 1,
    name,
    model: { config: "config.json", checkpoint: "./model", ...(isKept ? { attn_implementation: on_cpu } : {}) },
    stack: { ...stack, versions },
    cluster: { gpu: "h100-sxm-80gb", nodes: 1, gpus_per_node: worldOf(mesh) },
    parallelism: {
      ...mesh,
      ep_implementation: parallelism.ep_implementation,
      ...(Object.keys(overrides).length > 0 ? { base_model_ep_plan: overrides } : {}),
    },
    precision,
    recompute,
    ...(lora === undefined ? {} : { lora: toyLora(lora, depth) }),
    data: { path: "./data.jsonl" },
    [task]: checked.task.toyOptions(checked.plan, { steps, length: toyLength }),
  };
}
