import { conversionOf, layoutOf } from "../engines/transformers/loading/conversion.ts";
import { exportOf } from "../engines/transformers/loading/export.ts";
import { sizesProvenance } from "../engines/transformers/mesh/solve.ts";
import type { Origin, Provenance } from "../plan/plan.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { plural } from "../text/words.ts";
import { batchOptions } from "../trainers/trl/options/option.ts";

/** Where every value of the lock came from: the plan's own values as they were read, the derived ones with a reason. */
export function provenanceOf(facts: MeshFacts): Provenance {
  return { ...facts.plan.provenance, ...sizesProvenance(facts.plan, facts.sizes), ...derived(facts) };
}

function derived(facts: MeshFacts): Provenance {
  const { plan, release, model, cluster, sizes, batch } = facts;
  const reasons: Record<string, string> = {
    "mesh.world_size": `${plural(cluster.nodes, "node")} * ${plural(cluster.gpus_per_node, "GPU")}`,
    "mesh.expert.efsdp": `fsdp ${sizes.fsdp_size} * tp ${sizes.tp_size} / ep ${sizes.ep_size}`,
    "batch.distinct_batches": `dp_replicate ${sizes.dp_replicate_size} * fsdp ${sizes.fsdp_size}`,
    "engine.base_model_ep_plan": epPlanReason(facts),
    "conversion.needed": conversionOf(facts).reason,
  };
  if (batch.tokens_per_step !== null) reasons["batch.tokens_per_step"] = tokensReason(facts);
  if (plan.model.attn_implementation === undefined) {
    reasons["model.attn_implementation"] = `what transformers ${release.version} takes for ${model.model_type}`;
  }
  if (plan.model.layout === undefined) {
    reasons["model.layout"] = `${model.model_type} is published as ${layoutOf(facts)}`;
  }
  const exported = exportOf(facts);
  if (plan.export.layout === undefined) {
    const isPublished = exported.layout === model.publishedLayout;
    const numbers = `${model.model_type} is published as ${model.publishedLayout}, its plain numbers are ${exported.layout}`;
    reasons["export.layout"] = isPublished ? `${model.model_type} is published as ${exported.layout}` : numbers;
  }
  if (plan.export.dtype === undefined) {
    reasons["export.dtype"] = `the config.json says ${model.dtype}`;
  }
  return Object.fromEntries(
    Object.entries(reasons).map(([path, reason]): [string, Origin] => [path, inferred(reason)]),
  );
}

function inferred(reason: string): Origin {
  return { from: "inferred", reason };
}

function epPlanReason({ plan, model, release, epPlan }: MeshFacts): string {
  const written = Object.keys(plan.parallelism.base_model_ep_plan).length;
  const family = `the default of transformers ${release.version} for ${model.model_type}`;
  if (Object.keys(epPlan).length === 0) return `transformers ${release.version} has none for ${model.model_type}`;
  return written === 0 ? family : `${family}, with ${plural(written, "rule")} of the plan merged over it`;
}

function tokensReason({ plan, batch }: MeshFacts): string {
  const { max_length, per_device_train_batch_size, gradient_accumulation_steps } = batchOptions(plan);
  const factors = Object.entries({ max_length, per_device_train_batch_size, gradient_accumulation_steps });
  const product = factors.map(([name, value]) => `${name} ${value}`).join(" * ");
  return `${product} * ${batch.distinct_batches} distinct batches, ${batch.exact ? "in every step" : "at most"}`;
}
