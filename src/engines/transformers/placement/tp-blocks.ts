import type { Model } from "../../../model/model.ts";
import type { MeshSizes } from "../../../stack/mesh.ts";
import type { EpPlan, TransformersRelease } from "../releases/release.ts";
import { moduleOf } from "./ep-plan.ts";
import { resolveTpPlan } from "./tp-plan.ts";

/**
 * A stretch of a layer through which an activation runs either whole or sharded over the ranks that share a batch: it
 * comes in through some projections and leaves through one. All of them must agree on which of the two it is.
 */
interface Block {
  readonly inputs: readonly string[];
  /** Modules on the way, and the style that each needs while the activation is sharded. */
  readonly inner: Readonly<Record<string, string>>;
  readonly output: string;
}

const blocks: readonly Block[] = [
  {
    inputs: ["q_proj", "k_proj", "v_proj", "q_b_proj", "kv_b_proj"].map((name) => `self_attn.${name}`),
    inner: {
      "self_attn.q_norm": "replicated_with_grad_allreduce",
      "self_attn.k_norm": "replicated_with_grad_allreduce",
      "self_attn.kv_a_proj_with_mqa": "mla_kv_a_proj",
    },
    output: "self_attn.o_proj",
  },
  ...["mlp", "mlp.shared_expert", "mlp.shared_experts"].map((mlp) => ({
    inputs: [`${mlp}.gate_proj`, `${mlp}.up_proj`],
    inner: {},
    output: `${mlp}.down_proj`,
  })),
];

/** Whether a module is part of a block, so that its style cannot be judged alone. */
export function isInBlock(path: string): boolean {
  return blocks.some(({ inputs, inner, output }) =>
    [...inputs, ...Object.keys(inner), output].some((suffix) => path.endsWith(`.layers.*.${suffix}`)),
  );
}

type Layout = "sharded" | "whole" | "broken";

/** Styles that leave a module as it is. */
const idle = ["replicate", "local_params"];
const wholeStyles = new Set([
  ...idle,
  "colwise_gather_output",
  "colwise_rep",
  "rowwise_split_input",
  "rowwise_rep",
  "embedding_rowwise",
  "embedding_colwise",
]);

function layoutAfter(style: string | undefined): Layout {
  if (style === undefined || wholeStyles.has(style)) return "whole";
  return style === "colwise" ? "sharded" : "broken";
}

function outputTakes(layout: Layout, style: string | undefined): boolean {
  if (layout === "whole") return style === undefined || wholeStyles.has(style);
  return layout === "sharded" && style === "rowwise";
}

function innerTakes(layout: Layout, style: string | undefined, whenSharded: string): boolean {
  // A norm made sequence-parallel sums its gradient too.
  if (layout === "sharded") {
    return style === whenSharded || (style === "sequence_parallel" && whenSharded === "replicated_with_grad_allreduce");
  }
  return style === undefined || idle.includes(style);
}

/** A block that computes something else, or fails, with the styles its modules have. */
export interface BrokenBlock {
  /** Patterns of the modules in it that exist. */
  readonly modules: readonly string[];
  /** The first module whose style does not fit the others. */
  readonly module: string;
  readonly style: string | undefined;
  readonly layout: Layout;
}

/**
 * The style that each module ends up with over the ranks that share a batch: the tensor-parallel plan without what the
 * expert plan took over and, where expert groups are those very ranks (`ep_size` equals `tp_size`), the expert plan's
 * rules for other modules.
 */
export function sharedBatchStyles(
  model: Model,
  release: TransformersRelease,
  sizes: MeshSizes,
  epPlan: EpPlan,
): EpPlan {
  const active = sizes.ep_size > 1 ? epPlan : {};
  const tpPlan = resolveTpPlan(model, release, active);
  return sizes.ep_size === sizes.tp_size ? { ...tpPlan, ...active } : tpPlan;
}

/** Blocks of the model that do not hold together. Only of interest where `tp_size` is above 1. */
export function brokenBlocks(model: Model, styles: EpPlan): BrokenBlock[] {
  return blocks.flatMap((block) => {
    const find = (suffix: string) => [...model.names].filter((name) => name.endsWith(`.layers.*.${suffix}`));
    const inputs = block.inputs.flatMap(find);
    const inner = Object.entries(block.inner).flatMap(([suffix, style]) =>
      find(suffix).map((name) => ({ name, style })),
    );
    const outputs = find(block.output);
    const layouts = inputs.map((name) => layoutAfter(styles[name]));
    // Where projections disagree, the ones that are sharded set the layout: the others are what does not fit.
    const layout = layouts.includes("sharded") ? "sharded" : "whole";
    const misfit =
      inputs.find((_, index) => layouts[index] !== layout) ??
      inner.find(({ name, style }) => !innerTakes(layout, styles[name], style))?.name ??
      outputs.find((name) => !outputTakes(layout, styles[name]));
    if (misfit === undefined) return [];
    const modules = [...inputs, ...inner.map(({ name }) => name), ...outputs];
    return [{ modules, module: misfit, style: styles[misfit], layout }];
  });
}

export type HeadCount = "num_attention_heads" | "num_key_value_heads";

/** Projections that hold a share of the heads where they are sharded. */
export const headProjections: Readonly<Record<HeadCount, readonly string[]>> = {
  num_attention_heads: ["q_proj", "q_b_proj", "kv_b_proj"],
  num_key_value_heads: ["k_proj", "v_proj"],
};

/** The heads that are shared out over the ranks: those that sharded projections of attention hold. */
export function shardedHeads(model: Model, styles: EpPlan): HeadCount[] {
  const sharded = [...model.names].filter(
    (name) => moduleOf(name).endsWith("self_attn") && layoutAfter(styles[name]) === "sharded",
  );
  const kinds: readonly HeadCount[] = ["num_attention_heads", "num_key_value_heads"];
  return kinds.filter((kind) => sharded.some((name) => headProjections[kind].includes(name.split(".").at(-1) ?? "")));
}
