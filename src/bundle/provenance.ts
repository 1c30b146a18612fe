import { inferred, type Origin, type Provenance } from "../plan/plan.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { plural } from "../text/words.ts";

/** Where every value of the lock came from: the plan's own values as they were read, the derived ones with a reason. */
export function provenanceOf(facts: MeshFacts): Provenance {
  return { ...facts.plan.provenance, ...facts.engine.provenance(facts), ...derived(facts) };
}

function derived(facts: MeshFacts): Provenance {
  const { plan, model, cluster, sizes, batch, layout, conversion, export: exported } = facts;
  const reasons: Record<string, string> = {
    "mesh.world_size": `${plural(cluster.nodes, "node")} * ${plural(cluster.gpus_per_node, "GPU")}`,
    "batch.distinct_batches": `dp_replicate ${sizes.dp_replicate_size} * fsdp ${sizes.fsdp_size}`,
    "conversion.needed": conversion.reason,
  };
  if (batch.tokens_per_step !== null) reasons["batch.tokens_per_step"] = tokensReason(facts);
  if (plan.model.layout === undefined) reasons["model.layout"] = `${model.model_type} is published as ${layout}`;
  if (plan.export.layout === undefined) {
    const isPublished = exported.layout === model.publishedLayout;
    const numbers = `${model.model_type} is published as ${model.publishedLayout}, its plain numbers are ${exported.layout}`;
    reasons["export.layout"] = isPublished ? `${model.model_type} is published as ${exported.layout}` : numbers;
  }
  if (plan.export.dtype === undefined) reasons["export.dtype"] = `the config.json says ${model.dtype}`;
  return Object.fromEntries(
    Object.entries(reasons).map(([path, reason]): [string, Origin] => [path, inferred(reason)]),
  );
}

function tokensReason({ rows, batch }: MeshFacts): string {
  const { max_length, per_device_train_batch_size, gradient_accumulation_steps } = rows;
  const factors = Object.entries({ max_length, per_device_train_batch_size, gradient_accumulation_steps });
  const pairs = rows.sequences_per_row === 1 ? "" : ` * ${rows.sequences_per_row} sequences a row`;
  const product = factors.map(([name, value]) => `${name} ${value}`).join(" * ") + pairs;
  return `${product} * ${batch.distinct_batches} distinct batches, ${batch.exact ? "in every step" : "at most"}`;
}
