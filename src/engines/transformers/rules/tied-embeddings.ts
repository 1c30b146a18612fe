import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Fix, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { addKeys } from "../../../plan/add-keys.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import type { MeshFacts } from "../facts.ts";
import { tiedUnevenShards } from "../issues/sharding.ts";
import { legalEpSizes } from "./legal-ep-sizes.ts";

export const PLN3035 = diagnostic("PLN3035", {
  severity: "error",
  messages: {
    default: text`${"vocab_size"} rows of tied embeddings do not divide by fsdp_size ${"fsdp_size"}: the head would not follow the embedding after the first step`,
    sharded: text`${"vocab_size"} rows of tied embeddings do not divide by tp_size ${"tp_size"} * fsdp_size ${"fsdp_size"} = ${"ranks"}: the head would not follow the embedding after the first step`,
  },
});

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
    const withEp = legal.filter((size) =>
      legalEpSizes({ model, sizes: { ...sizes, fsdp_size: size } }).includes(sizes.ep_size),
    );
    const help =
      `fsdp_size can be ${orList(nearest(sizes.fsdp_size, legal))} here, with dp_replicate_size for the rest of ` +
      `${ranks} ranks${withEp.length > 0 ? "" : " and an ep_size that fits"}; or train a checkpoint whose head has weights of its own`;
    const fixes = fixOf(facts, withEp.at(-1));
    yield PLN3035(plan.written.at("parallelism.fsdp_size"), values, {
      variant: cut > 1 ? "sharded" : "default",
      related,
      help,
      fixes,
      issue: tiedUnevenShards,
    });
  },
};

/** The head's weights are cut over tp and the embedding's, which are the same, are not. A rule of its own refuses it. */
export function isCutApart({ placed }: Pick<MeshFacts, "placed">): boolean {
  const head = placed.find(({ parameter }) => parameter.tied !== undefined);
  const embedding = placed.find(({ parameter }) => parameter.name === head?.parameter.tied);
  return head?.placement["tp"] !== embedding?.placement["tp"];
}

/** More replicas of the most shards that are all of one size, where `ep_size` can stay as it is: `fsdp_size` of them. */
function fixOf({ plan, sizes }: MeshFacts, fsdp_size: number | undefined): Fix[] {
  const { written } = plan;
  const ranks = sizes.fsdp_size * sizes.dp_replicate_size;
  if (fsdp_size === undefined || !written.has("parallelism.fsdp_size")) return [];
  const dp_replicate_size = ranks / fsdp_size;
  const replicas = written.has("parallelism.dp_replicate_size")
    ? replaceWith(written.at("parallelism.dp_replicate_size"), dp_replicate_size).edits[0]
    : addKeys(written, "parallelism", "fsdp_size", [["dp_replicate_size", dp_replicate_size]]);
  if (replicas === undefined) return [];
  const title = `shard over ${fsdp_size} ranks, ${dp_replicate_size} times`;
  return [{ title, edits: [...replaceWith(written.at("parallelism.fsdp_size"), fsdp_size).edits, replicas] }];
}

export const pages = {
  PLN3035: {
    title: "tied embeddings in uneven shards",
    docs: `With \`tie_word_embeddings\` the output head uses the embedding's weights. FSDP cuts their rows (\`vocab_size\`, or what \`tp_size\`
leaves of them to a rank) into \`fsdp_size\` shards and keeps a shard that is smaller than the others in a padded buffer. The head was
tied before that buffer was made, so it goes on with the weights of the first step: the first loss is right, every later one is
not, and nothing is said. That holds for transformers 5.23 and 5.24. Where the rows divide, and over replicas alone
(\`dp_replicate_size\`), such models train rightly. Published vocabularies are mostly padded to a multiple of 64 and divide.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { fsdp_size: 4 }                  # config.json: "tie_word_embeddings": true, "vocab_size": 32002
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { fsdp_size: 2, dp_replicate_size: 2 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "the vocabulary over fsdp",
    config: { with: { tie_word_embeddings: true, vocab_size: 32002, num_hidden_layers: 8 } },
    plan: `
parallelism: { ep_size: 2, fsdp_size: 8 }
#@ [39:40) PLN3035 32002 rows of tied embeddings do not divide by fsdp_size 8: the head would not follow the embedding after the first step
#@   help: fsdp_size can be 1 or 2 here, with dp_replicate_size for the rest of 8 ranks; or train a checkpoint whose head has weights of its own
#@   issue: tied-uneven-shards
#@   related config.json 32:[26:30) | "tie_word_embeddings": «true», | the head shares the embedding's weights
#@   related config.json 37:[17:22) | "vocab_size": «32002» | vocab_size is 32002 here
#@   fix "shard over 2 ranks, 4 times" -> fine
#@     - parallelism: { ep_size: 2, fsdp_size: 8 }
#@     + parallelism: { ep_size: 2, fsdp_size: 2, dp_replicate_size: 4 }
`,
  },
  {
    name: "what tp leaves of the vocabulary, and replicas that are written",
    config: { with: { tie_word_embeddings: true, vocab_size: 32004, num_hidden_layers: 8 } },
    plan: `
parallelism:
  ep_size: 2
  fsdp_size: 4
#@ [14:15) PLN3035 32004 rows of tied embeddings do not divide by tp_size 2 * fsdp_size 4 = 8: the head would not follow the embedding after the first step
#@   help: fsdp_size can be 1 or 2 here, with dp_replicate_size for the rest of 4 ranks; or train a checkpoint whose head has weights of its own
#@   issue: tied-uneven-shards
#@   related config.json 32:[26:30) | "tie_word_embeddings": «true», | the head shares the embedding's weights
#@   related config.json 37:[17:22) | "vocab_size": «32004» | vocab_size is 32004 here
#@   fix "shard over 2 ranks, 2 times" -> fine
#@     -   fsdp_size: 4
#@     -   dp_replicate_size: 1
#@     +   fsdp_size: 2
#@     +   dp_replicate_size: 2
  tp_size: 2
  dp_replicate_size: 1
`,
  },
  {
    name: "ep_size would have to change too",
    config: { with: { tie_word_embeddings: true, vocab_size: 32002, num_hidden_layers: 8 } },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
#@ [39:40) PLN3035 32002 rows of tied embeddings do not divide by fsdp_size 8: the head would not follow the embedding after the first step
#@   help: fsdp_size can be 1 or 2 here, with dp_replicate_size for the rest of 8 ranks and an ep_size that fits; or train a checkpoint whose head has weights of its own
#@   issue: tied-uneven-shards
#@   related config.json 32:[26:30) | "tie_word_embeddings": «true», | the head shares the embedding's weights
#@   related config.json 37:[17:22) | "vocab_size": «32002» | vocab_size is 32002 here
`,
  },
  {
    name: "fsdp_size is not written",
    config: { with: { tie_word_embeddings: true, vocab_size: 32002, num_hidden_layers: 8 } },
    plan: `
parallelism: { ep_size: 2 }
#@ [01:12) PLN3035 32002 rows of tied embeddings do not divide by fsdp_size 8: the head would not follow the embedding after the first step
#@   help: fsdp_size can be 1 or 2 here, with dp_replicate_size for the rest of 8 ranks; or train a checkpoint whose head has weights of its own
#@   issue: tied-uneven-shards
#@   related config.json 32:[26:30) | "tie_word_embeddings": «true», | the head shares the embedding's weights
#@   related config.json 37:[17:22) | "vocab_size": «32002» | vocab_size is 32002 here
`,
  },
  {
    name: "a vocabulary that divides",
    shows: "nothing",
    config: { with: { tie_word_embeddings: true, vocab_size: 32008, num_hidden_layers: 8 } },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
`,
  },
  {
    name: "replicas alone",
    shows: "nothing",
    config: { with: { tie_word_embeddings: true, vocab_size: 32003, num_hidden_layers: 4 } },
    plan: `
parallelism: { ep_size: 1, fsdp_size: 1, dp_replicate_size: 8 }
`,
  },
];

export const examples: Examples = {
  PLN3035: { config: { with: { tie_word_embeddings: true, vocab_size: 32002, num_hidden_layers: 8 } } },
};
