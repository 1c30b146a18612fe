import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN2210 = diagnostic("PLN2210", {
  severity: "error",
  messages: { default: text`${"path"} ${"what"}` },
  help: "see what lies there, or name other data in the plan",
});

export const PLN2211 = diagnostic("PLN2211", {
  severity: "error",
  messages: { default: text`${"path"}: ${"what"}` },
  help: "a row is text in a column text, messages, prompt and completion, or tokens in input_ids",
});

export const PLN2212 = diagnostic("PLN2212", {
  severity: "error",
  messages: { default: text`${"option"} ${"what"} (${"path"})` },
  help: "drop the option, or give rows that have what it asks for",
});

export const PLN2213 = diagnostic("PLN2213", {
  severity: "error",
  messages: { default: text`rows of ${"columns"} need a chat template, and the tokenizer in ${"folder"} has none` },
  help: "set sft.chat_template_path to a .jinja file, or model.tokenizer to a tokenizer that has one",
});

export const pages = {
  PLN2210: {
    title: "data that cannot be read",
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
    title: "rows that the trainer does not take",
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
    title: "option that the rows do not fit",
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
    title: "no chat template for messages",
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
} satisfies Pages;
