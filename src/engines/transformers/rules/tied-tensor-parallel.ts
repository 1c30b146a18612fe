import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { MeshFacts } from "../facts.ts";
import { tiedHeadCut } from "../issues/sharding.ts";
import { isCutApart } from "./tied-embeddings.ts";

export const PLN3040 = diagnostic("PLN3040", {
  severity: "error",
  messages: {
    default: text`tp_size ${"tp_size"} would cut the output head of ${"model_type"} and not the embedding whose weights it shares: transformers ${"release"} cannot run that`,
  },
});

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
    yield PLN3040(place, values, {
      help: `set tp_size: 1 and fsdp_size: ${ranks}`,
      fixes,
      issue: tiedHeadCut,
      related: [{ message: "the head shares the embedding's weights", location: model.at(["tie_word_embeddings"]) }],
    });
  },
};

export const pages = {
  PLN3040: {
    title: "a tied head that tensor parallelism cuts",
    docs: `With \`tie_word_embeddings\` the output head uses the embedding's weights. The tensor-parallel plan of a family says for each
whether its rows are cut. Where it cuts the head alone, as transformers 5.23 does for gpt_oss (5.24 cuts both), the two no longer are one weight and
the first forward stops: "got mixed torch.Tensor and DTensor", or over fsdp "start (0) + length (48) exceeds dimension size (24)".

Wrong:

\`\`\`yaml
stack: { engine: transformers, trainer: trl, versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 2 }   # gpt_oss with "tie_word_embeddings": true
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 2 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "fsdp_size is written",
    config: {
      of: "gpt-oss-20b",
      with: { tie_word_embeddings: true, quantization_config: undefined, router_aux_loss_coef: 0.001 },
    },
    plan: `
stack: { engine: transformers, trainer: trl, versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 4 }
#@ [39:40) PLN3040 tp_size 2 would cut the output head of gpt_oss and not the embedding whose weights it shares: transformers 5.23.0 cannot run that
#@   help: set tp_size: 1 and fsdp_size: 8
#@   issue: tied-head-cut
#@   related config.json 63:[26:30) | "tie_word_embeddings": «true», | the head shares the embedding's weights
#@   fix "shard over fsdp_size 8 instead" -> fine
#@     - parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 4 }
#@     + parallelism: { fsdp_size: 8, tp_size: 1, ep_size: 4 }
`,
  },
  {
    name: "fsdp_size is not written",
    config: {
      of: "gpt-oss-20b",
      with: { tie_word_embeddings: true, quantization_config: undefined, router_aux_loss_coef: 0.001 },
    },
    plan: `
stack: { engine: transformers, trainer: trl, versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
parallelism:
  ep_size: 4
  tp_size: 2
#@ [12:13) PLN3040 tp_size 2 would cut the output head of gpt_oss and not the embedding whose weights it shares: transformers 5.23.0 cannot run that
#@   help: set tp_size: 1 and fsdp_size: 8
#@   issue: tied-head-cut
#@   related config.json 63:[26:30) | "tie_word_embeddings": «true», | the head shares the embedding's weights
#@   fix "change it to 1" -> fine
`,
  },
  {
    name: "the next release cuts the embedding too",
    shows: "nothing",
    config: {
      of: "gpt-oss-20b",
      with: { tie_word_embeddings: true, quantization_config: undefined, router_aux_loss_coef: 0.001 },
    },
    plan: `
stack: { engine: transformers, trainer: trl, versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 4 }
`,
  },
  {
    name: "a head of its own",
    shows: "nothing",
    config: {
      of: "gpt-oss-20b",
      with: { tie_word_embeddings: false, quantization_config: undefined, router_aux_loss_coef: 0.001 },
    },
    plan: `
parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 4 }
`,
  },
  {
    name: "a family whose plan cuts both",
    shows: "nothing",
    config: { with: { tie_word_embeddings: true } },
    plan: `
parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 4 }
`,
  },
];

export const examples: Examples = {
  PLN3040: { config: { of: "gpt-oss-20b", with: { tie_word_embeddings: true } } },
};
