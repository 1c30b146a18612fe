import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { MeshFacts } from "../../../stack/facts.ts";
import { isCutApart } from "./tied-embeddings.ts";

/** The tensor-parallel plan of some families cuts the head and keeps the embedding whole: one weight cannot be both. */
export const tiedTensorParallel: Rule<MeshFacts> = {
  name: "tied-tensor-parallel",
  *check(facts) {
    const { plan, model, sizes, release } = facts;
    if (!isCutApart(facts)) return;
    const place = plan.written.at("parallelism.tp_size");
    const ranks = sizes.tp_size * sizes.fsdp_size;
    const values = { tp_size: sizes.tp_size, model_type: model.model_type, release: release.version };
    const at = plan.written.at("parallelism.fsdp_size");
    const edits = [...replaceWith(place, 1).edits, ...replaceWith(at, ranks).edits];
    const fixes = plan.written.has("parallelism.fsdp_size")
      ? [{ title: `shard over fsdp_size ${ranks} instead`, edits }]
      : [replaceWith(place, 1)];
    yield report("PLN3040", place, values, {
      help: `set tp_size: 1 and fsdp_size: ${ranks}`,
      fixes,
      related: [{ message: "the head shares the embedding's weights", location: model.at(["tie_word_embeddings"]) }],
    });
  },
};

export const examples: Examples = {
  PLN3040: { config: { of: "gpt-oss-20b", with: { tie_word_embeddings: true } } },
};
