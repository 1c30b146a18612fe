import { inferred, type Origin, type Provenance } from "../../plan/plan.ts";
import { plural } from "../../text/words.ts";
import type { MeshFacts } from "./facts.ts";

/** Why the engine's part of the lock is what it is. */
export function provenanceOf(facts: MeshFacts): Provenance {
  const { plan, release, model, sizes } = facts;
  const reasons: Record<string, string> = {
    "mesh.expert.efsdp": `fsdp ${sizes.fsdp_size} * tp ${sizes.tp_size} / ep ${sizes.ep_size}`,
    "engine.base_model_ep_plan": epPlanReason(facts),
  };
  if (plan.parallelism.fsdp_size === undefined) reasons["parallelism.fsdp_size"] = fsdpReason(facts);
  if (plan.model.attn_implementation === undefined) {
    reasons["model.attn_implementation"] = `what transformers ${release.version} takes for ${model.model_type}`;
  }
  return Object.fromEntries(
    Object.entries(reasons).map(([path, reason]): [string, Origin] => [path, inferred(reason)]),
  );
}

function fsdpReason({ sizes }: MeshFacts): string {
  const { world_size, tp_size, dp_replicate_size, pp_size, fsdp_size } = sizes;
  const factors = Object.entries({ pp_size, dp_replicate_size, tp_size }).filter(([, size]) => size > 1);
  const over = factors.map(([name, size]) => ` / ${name} ${size}`).join("");
  return `${world_size} GPUs${over} = ${fsdp_size}`;
}

function epPlanReason({ plan, model, release, epPlan }: MeshFacts): string {
  const written = Object.keys(plan.parallelism.base_model_ep_plan).length;
  const family = `the default of transformers ${release.version} for ${model.model_type}`;
  if (Object.keys(epPlan).length === 0) return `transformers ${release.version} has none for ${model.model_type}`;
  return written === 0 ? family : `${family}, with ${plural(written, "rule")} of the plan merged over it`;
}
