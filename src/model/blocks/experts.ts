import type { LayoutName } from "../../plan/types.ts";
import type { Row, StoredExperts } from "../family.ts";

/** Where the engine keeps a layer's routed experts. */
export const expertsModule = "model.layers.{layer}.mlp.experts";

const granite = "model.layers.{layer}.block_sparse_moe";

/** Two stacks of routed experts: `gate_up_proj [E, 2I, H]`, gate rows first, and `down_proj [E, H, I]`. */
export function gatedExperts(experts: number, width: number, hidden: number): Row[] {
  return [
    { name: `${expertsModule}.gate_up_proj`, shape: [experts, 2 * width, hidden], kind: "expert", span: "moe" },
    { name: `${expertsModule}.down_proj`, shape: [experts, hidden, width], kind: "expert", span: "moe" },
  ];
}

/**
 * The layouts of a family whose experts are published one by one, as `gate`, `up` and `down` under `published`; the
 * stacked layouts use the names that the model has in memory, under `stacks`.
 */
export function perExpertLayouts(
  published = `${expertsModule}.{expert}`,
  [gate, up, down] = ["gate_proj", "up_proj", "down_proj"],
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

/** The layouts of the granite families, which are published as two stacks under names of their own. */
export const graniteLayouts = {
  ...perExpertLayouts(`${granite}.experts.{expert}`, undefined, `${granite}.experts`),
  gate_up: { gate_up_proj: [`${granite}.input_linear.weight`], down_proj: [`${granite}.output_linear.weight`] },
};
