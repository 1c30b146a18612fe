import { entries, text } from "../entry.ts";

export const packing = entries({
  PLN4050: {
    severity: "error",
    title: "packed documents that see each other",
    messages: {
      default: text`${"option"} true: in ${"model_type"} of transformers ${"release"} the documents of a row see each other`,
      stops: text`${"option"} true: ${"model_type"} of transformers ${"release"} refuses rows of several documents without kernels that the bundle does not install`,
      unknown: text`${"option"} true: planc has not judged whether ${"model_type"} of transformers ${"release"} keeps the documents of a row apart`,
    },
    help: "write packing: false, or packing_strategy: wrapped, which cuts rows from documents put end to end and keeps nothing apart",
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
  PLN4051: {
    severity: "error",
    title: "rotary positions that depend on the longest document of a row",
    messages: {
      default: text`${"option"} true with documents ${"longest"}: rope_type ${"rope_type"} changes the positions of a whole row when one of its documents is longer than ${"limit"} tokens`,
    },
    docs: `With rope_type dynamic and longrope the rotary frequencies follow from the largest position of a batch. A document
that is longer than the model was made for gives other frequencies to the short documents of its row, which alone would have
their own.

Wrong, where \`original_max_position_embeddings\` is 4096:

\`\`\`yaml
sft: { packing: true, max_length: 8192 }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, max_length: 4096 }
\`\`\``,
  },
  PLN4052: {
    severity: "error",
    title: "evaluation rows whose documents see each other",
    messages: {
      default: text`eval_packing true puts several documents into a row of the evaluation, where they see each other while training rows are not packed`,
    },
    help: "drop eval_packing, or pack the training rows as well: packing: true",
    docs: `The trainer has one collator for both data sets, and it keeps documents apart only where training rows are packed
(\`packing: true\` with bfd or bfd_split) or \`padding_free\`. Otherwise a packed row of the evaluation set reaches the model as one
text, in every family, and the loss of the evaluation is not that of its documents.

Wrong:

\`\`\`yaml
sft: { packing: false, eval_packing: true, eval_strategy: steps, eval_steps: 100 }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, eval_strategy: steps, eval_steps: 100 }
\`\`\``,
  },
});
