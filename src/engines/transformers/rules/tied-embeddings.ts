import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Fix } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import { addKeys } from "../../../plan/add-keys.ts";
import type { MeshFacts } from "../../../stack/facts.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import { legalEpSizes } from "./legal-ep-sizes.ts";

/**
 * FSDP keeps uneven shards in padded buffers. A head that is tied to the embedding was tied before the buffer was made, so
 * that no optimizer step reaches it: gradients are right and the second step is wrong. What tensor parallelism leaves of the
 * vocabulary to a rank is what FSDP cuts. Shards of one size, and replicas alone, train rightly.
 */
export const tiedEmbeddings: Rule<MeshFacts> = {
  name: "tied-embeddings",
  *check(facts) {
    const { plan, model, sizes, placed } = facts;
    const head = placed.find(({ parameter }) => parameter.tied !== undefined);
    if (head === undefined || sizes.fsdp_size === 1 || isCutApart(facts)) return;
    const { vocab_size } = model.sizes;
    const cut = head.placement["tp"] === "Shard(0)" ? sizes.tp_size : 1;
    const isEven = (fsdp_size: number) => fsdp_size === 1 || vocab_size % (cut * fsdp_size) === 0;
    if (isEven(sizes.fsdp_size)) return;
    const ranks = sizes.fsdp_size * sizes.dp_replicate_size;
    const legal = divisors(ranks).filter(isEven);
    const related = [
      { message: "the head shares the embedding's weights", location: model.at(["tie_word_embeddings"]) },
      { message: `${model.keyOf("vocab_size")} is ${vocab_size} here`, location: model.at("vocab_size") },
    ];
    const values = { vocab_size, fsdp_size: sizes.fsdp_size, tp_size: sizes.tp_size, ranks: cut * sizes.fsdp_size };
    const help =
      `fsdp_size can be ${orList(nearest(sizes.fsdp_size, legal))} here, with dp_replicate_size for the rest of ` +
      `${ranks} ranks; or train a checkpoint whose head has weights of its own`;
    const fixes = fixOf(facts, legal);
    yield report("PLN3035", plan.written.at("parallelism.fsdp_size"), values, {
      variant: cut > 1 ? "sharded" : "default",
      related,
      help,
      fixes,
    });
  },
};

/** The head's weights are cut over tp and the embedding's, which are the same, are not. A rule of its own refuses it. */
export function isCutApart({ placed }: Pick<MeshFacts, "placed">): boolean {
  const head = placed.find(({ parameter }) => parameter.tied !== undefined);
  const embedding = placed.find(({ parameter }) => parameter.name === head?.parameter.tied);
  return head?.placement["tp"] !== embedding?.placement["tp"];
}

/** More replicas of the most shards that are all of one size, where `ep_size` can stay as it is. */
function fixOf({ plan, model, sizes }: MeshFacts, legal: readonly number[]): Fix[] {
  const { written } = plan;
  const ranks = sizes.fsdp_size * sizes.dp_replicate_size;
  const fits = (fsdp_size: number) => legalEpSizes({ model, sizes: { ...sizes, fsdp_size } }).includes(sizes.ep_size);
  const fsdp_size = legal.filter(fits).at(-1);
  if (fsdp_size === undefined || !written.has("parallelism.fsdp_size")) return [];
  const dp_replicate_size = ranks / fsdp_size;
  const replicas = written.has("parallelism.dp_replicate_size")
    ? replaceWith(written.at("parallelism.dp_replicate_size"), dp_replicate_size).edits[0]
    : addKeys(written, "parallelism", "fsdp_size", [["dp_replicate_size", dp_replicate_size]]);
  if (replicas === undefined) return [];
  const title = `shard over ${fsdp_size} ranks, ${dp_replicate_size} times`;
  return [{ title, edits: [...replaceWith(written.at("parallelism.fsdp_size"), fsdp_size).edits, replicas] }];
}

export const examples: Examples = {
  PLN3035: { config: { with: { tie_word_embeddings: true, vocab_size: 32002, num_hidden_layers: 8 } } },
};
