import { entries, text } from "../entry.ts";

export const data = entries({
  PLN2201: {
    severity: "error",
    title: "split that cannot be read",
    messages: { default: text`${"key"} ${"split"} cannot be read: ${"why"}` },
    help: "write train, train[:1000], train[-500:], train[10%:20%] or train+test",
    docs: `A split is a name, a slice of one by rows or by percent, or several that are added up with \`+\`. Slices count as
Python's do: from the first row of the slice to the one after its last, negative numbers from the end. Percent may be
followed by \`(closest)\` or \`(pct1_dropremainder)\`. Rows and percent do not mix: the library would read both as percent.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[0.1:0.2]" }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[10%:20%]" }
\`\`\``,
  },
  PLN2202: {
    severity: "error",
    title: "evaluation without rows",
    messages: {
      default: text`${"name"} ${"written"} asks for evaluations, and the plan has no rows for them`,
      strategy: text`${"name"} ${"written"} goes by what evaluations find, and eval_strategy asks for none`,
    },
    help: "write data.eval_path or data.eval_split, and sft.eval_strategy: steps with eval_steps, or epoch",
    docs: `The trainer stops when it is told to evaluate and gets no rows. \`data.eval_path\` names a file, a folder or a Hub id;
\`data.eval_split\` alone is a split or a slice of \`data.path\`. A schedule that goes by the evaluation's loss, and saving the best
checkpoint, need \`eval_strategy\`: without it nothing is ever saved or lowered.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl }
sft: { eval_strategy: steps, eval_steps: 100 }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[500:]", eval_split: "train[:500]" }
sft: { eval_strategy: steps, eval_steps: 100 }
\`\`\``,
  },
  PLN2203: {
    severity: "warning",
    title: "rows for evaluations that nothing asks for",
    messages: { default: text`${"key"} has no effect: nothing asks for an evaluation` },
    help: "write sft.eval_strategy: steps with eval_steps, or epoch",
    docs: `Rows for evaluations are read only where the trainer evaluates on its way: \`eval_strategy\` is \`no\` unless the plan says
otherwise.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_strategy: steps, eval_steps: 100 }
\`\`\``,
  },
  PLN2204: {
    severity: "warning",
    title: "evaluation on rows that are trained on",
    messages: { default: text`evaluations look at ${"evaluated"} of ${"path"}, and the run trains on those rows` },
    help: 'leave them out of data.split: "train[500:]" beside eval_split "train[:500]"',
    docs: `The loss on rows that the model has seen says how well it remembers them, not what it has learnt. \`eval_split\` that is the
training split, or a slice of it while the run trains on all of it, holds the same rows.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, eval_split: "train[:500]" }
sft: { eval_strategy: epoch }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[500:]", eval_split: "train[:500]" }
sft: { eval_strategy: epoch }
\`\`\``,
  },
  PLN2205: {
    severity: "error",
    title: "metric that evaluations do not have",
    messages: {
      default: text`metric_for_best_model ${"written"} is nothing that an evaluation returns`,
      missing: text`${"name"} ${"written"} needs metric_for_best_model: without it nothing is saved`,
    },
    help: "write metric_for_best_model: loss",
    docs: `The trainer looks for the metric in what its evaluation returns: \`loss\`, \`runtime\`, \`samples_per_second\`,
\`steps_per_second\`. Accuracy and entropy are added to the log only afterwards; asking for them stops the run at the first
evaluation.

Wrong:

\`\`\`yaml
sft: { eval_strategy: epoch, save_strategy: best, metric_for_best_model: mean_token_accuracy }
\`\`\`

Right:

\`\`\`yaml
sft: { eval_strategy: epoch, save_strategy: best, metric_for_best_model: loss }
\`\`\``,
  },
  PLN2206: {
    severity: "warning",
    title: "revision of a tokenizer",
    messages: {
      default: text`tokenizer ${"tokenizer"} is a Hub id without a revision: the job loads whatever its main branch holds that day`,
      folder: text`tokenizer_revision has no effect: ${"tokenizer"} is a folder, not a Hub id`,
      alone: text`tokenizer_revision has no effect: the plan names no tokenizer; the checkpoint's own comes with model.revision`,
    },
    help: "write model.tokenizer_revision for a Hub id, the commit's 40 hexadecimal digits, and only there",
    docs: `A chat template or a vocabulary that changes on the Hub changes what every row becomes. Pin it as you pin the checkpoint.

Wrong:

\`\`\`yaml
model: { config: model/config.json, checkpoint: /data/base, tokenizer: org/with-template }
\`\`\`

Right:

\`\`\`yaml
model:
  config: model/config.json
  checkpoint: /data/base
  tokenizer: org/with-template
  tokenizer_revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39
\`\`\``,
  },
  PLN2207: {
    severity: "error",
    title: "evaluation over tensor parallel ranks",
    messages: { default: text`evaluations do not weigh every row once over tp_size ${"tp_size"}` },
    help: "set tp_size to 1, or evaluate the saved model in a job of its own",
    docs: `Ranks of a tp group hold the same rows. When losses are gathered after the last step of an evaluation, accelerate cuts the
list to as many as there are rows left, and counts each rank's loss as a row of its own: where the rows do not divide evenly,
some count twice and others not at all.

Wrong:

\`\`\`yaml
parallelism: { fsdp_size: 4, tp_size: 2 }
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_strategy: epoch }
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8 }
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_strategy: epoch }
\`\`\``,
  },
  PLN2210: {
    severity: "error",
    title: "data that cannot be read",
    messages: { default: text`${"path"} ${"what"}` },
    help: "see what lies there, or name other data in the plan",
    docs: `Where the plan's data lie on this disk, planc reads the beginning of the first file, at most a megabyte. Data that are not
here, on the laptop of someone whose data are on the cluster, are no mistake; the preflight looks at them there. Parquet and
Arrow files, and those that are compressed otherwise than with gzip, are left to it too.

Wrong:

\`\`\`console
$ iconv -f utf-8 -t utf-16 rows.jsonl > data/rows.jsonl
\`\`\`

Right:

\`\`\`console
$ head -n 1 data/rows.jsonl
{"text": "one row a line, in UTF-8"}
\`\`\``,
  },
  PLN2211: {
    severity: "error",
    title: "rows that the trainer does not take",
    messages: { default: text`${"path"}: ${"what"}` },
    help: "a row is text in a column text, messages, prompt and completion, or tokens in input_ids",
    docs: `The trainer tells by a row's columns what it becomes. Rows of none of its kinds stop it after the model has been loaded;
some that are of two kinds are read in another way than their writer meant. docs/data.md shows each kind with an example.

Wrong:

\`\`\`json
{ "content": "the sky is blue" }
\`\`\`

Right:

\`\`\`json
{ "text": "the sky is blue" }
\`\`\``,
  },
  PLN2212: {
    severity: "error",
    title: "option that the rows do not fit",
    messages: { default: text`${"option"} ${"what"} (${"path"})` },
    help: "drop the option, or give rows that have what it asks for",
    docs: `\`assistant_only_loss\` needs messages, \`completion_only_loss\` a completion or a mask. On other rows the first stops the
trainer, and the second changes nothing: it would train on everything.

Wrong:

\`\`\`yaml
data: { path: rows-of-text.jsonl }
sft: { completion_only_loss: true }
\`\`\`

Right:

\`\`\`yaml
data: { path: rows-of-prompt-and-completion.jsonl }
sft: { completion_only_loss: true }
\`\`\``,
  },
  PLN2213: {
    severity: "error",
    title: "no chat template for messages",
    messages: { default: text`rows of ${"columns"} need a chat template, and the tokenizer in ${"folder"} has none` },
    help: "set sft.chat_template_path to a .jinja file, or model.tokenizer to a tokenizer that has one",
    docs: `A chat template makes text of messages. Base models often come without one: the template of the instruct model beside it
can be taken, with its tokenizer or as a file.

Wrong:

\`\`\`yaml
model: { config: base/config.json, checkpoint: ./base }
data: { path: conversations.jsonl }
\`\`\`

Right:

\`\`\`yaml
model: { config: base/config.json, checkpoint: ./base, tokenizer: ./instruct }
data: { path: conversations.jsonl }
\`\`\``,
  },
});
