import type { LayoutName } from "../../plan/types.ts";
import type { Row, StoredExperts } from "../family.ts";
import type { TableSizes } from "../model.ts";

/** Where the engine keeps a layer's routed experts. */
export const expertsModule = "model.layers.{layer}.mlp.experts";

const sparseMoe = "model.layers.{layer}.block_sparse_moe";

/** Two stacks of routed experts: `gate_up_proj [E, 2I, H]`, gate rows first, and `down_proj [E, H, I]`. */
export function gatedExperts({ num_experts: E, moe_intermediate_size: I, hidden_size: H }: TableSizes): Row[] {
  return [
    { name: `${expertsModule}.gate_up_proj`, shape: [E, 2 * I, H], kind: "expert", span: "moe" },
    { name: `${expertsModule}.down_proj`, shape: [E, H, I], kind: "expert", span: "moe" },
  ];
}

/**
 * The layouts of a family whose experts are published one by one, as `gate`, `up` and `down` under `published`; the
 * stacked layouts use the names that the model has in memory, under `stacks`.
 */
export function perExpertLayouts(
  published = `${expertsModule}.{expert}`,
  [gate, up, down]: readonly [string, string, string] = ["gate_proj", "up_proj", "down_proj"],
  stacks = expertsModule,
): Readonly<Partial<Record<LayoutName, StoredExperts>>> {
  return {
    per_expert: {
      gate_up_proj: [`${published}.${gate}.weight`, `${published}.${up}.weight`],
      down_proj: [`${published}.${down}.weight`],
    },
    fused: {
      gate_up_proj: [`${stacks}.gate_proj`, `${stacks}.up_proj`],
      down_proj: [`${stacks}.down_proj`],
    },
    gate_up: {
      gate_up_proj: [`${stacks}.gate_up_proj`],
      down_proj: [`${stacks}.down_proj`],
    },
  };
}

/** The same where experts are published one by one in the module that has the stacks in memory. */
export function layoutsIn(module: string, parts?: readonly [gate: string, up: string, down: string]) {
  return perExpertLayouts(`${module}.{expert}`, parts, module);
}

/** The layouts of mixtral and of the families that name their experts as it does. */
export const mixtralLayouts = perExpertLayouts(`${sparseMoe}.experts.{expert}`, ["w1", "w3", "w2"]);

/** The layouts of the granite families, which are published as two stacks under names of their own. */
export const graniteLayouts = {
  ...perExpertLayouts(`${sparseMoe}.experts.{expert}`, undefined, `${sparseMoe}.experts`),
  gate_up: { gate_up_proj: [`${sparseMoe}.input_linear.weight`], down_proj: [`${sparseMoe}.output_linear.weight`] },
};
