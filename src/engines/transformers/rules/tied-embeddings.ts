import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../facts.ts";

/**
 * FSDP shards the embedding; a head that shares its weights goes on with those of the first step. Losses are right once,
 * then wrong. Replicas alone (`dp_replicate_size`) and tensor parallelism train rightly.
 */
export const tiedEmbeddings: Rule<ModelFacts> = {
  name: "tied-embeddings",
  *check({ plan, model, sizes }) {
    if (!model.tied || sizes.fsdp_size === 1) return;
    const related = [
      { message: "the head shares the embedding's weights", location: model.at(["tie_word_embeddings"]) },
    ];
    const location = plan.written.at("parallelism.fsdp_size");
    yield report("PLN3035", location, { fsdp_size: sizes.fsdp_size }, { related });
  },
};
