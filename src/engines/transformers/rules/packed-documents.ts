import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { verdictOn } from "../attention/documents.ts";
import type { ModelFacts } from "../facts.ts";
import { documentsLeak } from "../issues/documents.ts";

export const PLN4050 = diagnostic("PLN4050", {
  severity: "error",
  messages: {
    default: text`${"option"} true: in ${"model_type"} of transformers ${"release"} the documents of a row see each other`,
    stops: text`${"option"} true: ${"model_type"} of transformers ${"release"} refuses rows of several documents without kernels that the bundle does not install`,
    unknown: text`${"option"} true: planc has not judged whether ${"model_type"} of transformers ${"release"} keeps the documents of a row apart`,
  },
  help: "write packing: false, or packing_strategy: wrapped, which cuts rows from documents put end to end and keeps nothing apart",
});

/** Documents of a packed row that the release cannot keep apart, or that nobody has judged. */
export const packedDocuments: Rule<ModelFacts> = {
  name: "packed-documents",
  *check({ plan, model, release, rows, attention }) {
    const option = rows.packed_by;
    if (option === undefined) return;
    const verdict = verdictOn(release, model.model_type, attention.implementation);
    if (verdict === "alone" || verdict === "masks") return;
    const values = { option, model_type: model.model_type, release: release.version };
    const variant = verdict === "leaks" ? "default" : verdict === "stops" ? "stops" : "unknown";
    const issue = verdict === "leaks" ? { issue: documentsLeak } : {};
    const help = option === "packing" ? {} : { help: `write ${option}: false` };
    yield PLN4050(optionAt(plan, option), values, { variant, ...help, ...issue });
  },
};

export const pages = {
  PLN4050: {
    title: "packed documents that see each other",
    docs: `\`packing\` with the strategies bfd and bfd_split, and \`padding_free\`, put several documents into a row and promise that
none sees another. The row comes without an attention mask: its position ids, which begin at 0 with each document, are all that
tells documents apart. Some families build their masks without them, and layers that carry a state along the row (linear
attention, state spaces, convolutions) hand it on to the next document. Nothing fails then; the loss is that of other text.

planc has judged every family that it knows, by release and attention implementation: the logits and gradients of a packed row
against those of its documents one by one. Where masks that are made from the position ids mend it, as in gpt_oss, the bundle
makes them; where they do not, the plan is refused.

Wrong, for a family whose layers carry a state:

\`\`\`yaml
sft: { packing: true }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a release in which they see each other",
    release: { documents: { sdpa: "leaks", eager: "leaks" } },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
#@ [35:39) PLN4050 packing true: in qwen3_moe of transformers 5.24.0 the documents of a row see each other
#@   help: write packing: false, or packing_strategy: wrapped, which cuts rows from documents put end to end and keeps nothing apart
#@   issue: documents-leak
`,
  },
  {
    name: "packed by padding_free",
    release: { documents: { sdpa: "leaks", eager: "leaks" } },
    plan: `
sft:
  max_length: null
  padding_free: true
#@ [17:21) PLN4050 padding_free true: in qwen3_moe of transformers 5.24.0 the documents of a row see each other
#@   help: write padding_free: false
#@   issue: documents-leak
  per_device_train_batch_size: 1
`,
  },
  {
    name: "a release that refuses such rows",
    release: { documents: { sdpa: "stops" } },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
#@ [35:39) PLN4050 packing true: qwen3_moe of transformers 5.24.0 refuses rows of several documents without kernels that the bundle does not install
#@   help: write packing: false, or packing_strategy: wrapped, which cuts rows from documents put end to end and keeps nothing apart
`,
  },
  {
    name: "a release that nobody has judged",
    release: { documents: {} },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
#@ [35:39) PLN4050 packing true: planc has not judged whether qwen3_moe of transformers 5.24.0 keeps the documents of a row apart
#@   help: write packing: false, or packing_strategy: wrapped, which cuts rows from documents put end to end and keeps nothing apart
`,
  },
  {
    name: "rows cut from documents put end to end keep nothing apart",
    shows: "nothing",
    release: { documents: { sdpa: "leaks" } },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "an implementation that keeps them apart where another does not",
    shows: "nothing",
    release: { documents: { sdpa: "leaks", flash_attention_2: "alone" } },
    plan: `
model: { config: config.json, checkpoint: /checkpoints/model, attn_implementation: flash_attention_2 }
sft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
`,
  },
];

export const examples: Examples = { PLN4050: { release: { documents: { sdpa: "leaks" } } } };
