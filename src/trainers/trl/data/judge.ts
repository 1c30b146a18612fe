import type { Case, Examples } from "../../../diagnostics/case.ts";
import { PLN2210, PLN2211, PLN2212, PLN2213 } from "../../../diagnostics/catalogue/data.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import type { Host } from "../../../host.ts";
import type { Plan } from "../../../plan/plan.ts";
import { optionAt } from "../../../plan/task.ts";
import { visible } from "../../../text/visible.ts";
import { firstRows } from "./first-rows.ts";
import { type Asked, accepted, type Kind, kindOf, mistakeOf } from "./kind.ts";
import { placeOf } from "./place.ts";
import { lacksTemplate, tokenizerFolder } from "./tokenizer.ts";

/** Judges the first rows of a plan's data, as far as they lie on this disk. Nothing that is written depends on it. */
export function judgeData(host: Host, plan: Plan): Diagnostic[] {
  const { path, evaluation } = plan.data;
  const found = judgeSource(host, plan, "data.path", path);
  if (evaluation === undefined || evaluation.path === path) return found;
  return [...found, ...judgeSource(host, plan, "data.eval_path", evaluation.path)];
}

function judgeSource(host: Host, plan: Plan, key: "data.path" | "data.eval_path", written: string): Diagnostic[] {
  const place = placeOf(host, plan, key, written);
  if (place === undefined) return [];
  const at = plan.written.at(key);
  const path = visible(place.path);
  if (place.kind === "unreadable") return [PLN2210(at, { path, what: place.what })];
  const first = firstRows(host, place);
  if (first === undefined) return [];
  if ("what" in first) return [PLN2210(at, { path, what: first.what })];
  const asked = askedBy(plan);
  const [row = {}] = first.rows;
  const kind = kindOf(row, asked, first.isPartial);
  const help = accepted(asked);
  if ("what" in kind) {
    const what = visible(kind.what);
    if (kind.option === undefined) return [PLN2211(at, { path, what }, { help })];
    return [PLN2212(optionAt(plan, kind.option), { option: kind.option, path, what })];
  }
  const wrong = first.isPartial ? [] : first.rows.map((each) => mistakeOf(each, kind));
  const number = wrong.findIndex((mistake) => mistake !== undefined);
  if (number >= 0) return [PLN2211(at, { path, what: `row ${number} ${visible(wrong[number] ?? "")}` }, { help })];
  return template(host, plan, kind);
}

/** Rows of messages need a chat template, which the tokenizer's folder shows where it lies here. */
function template(host: Host, plan: Plan, kind: Kind): Diagnostic[] {
  if (!kind.isConversation || (plan.options["chat_template_path"] ?? null) !== null) return [];
  const folder = tokenizerFolder(host, plan);
  if (folder === undefined || !lacksTemplate(host, folder)) return [];
  const key = plan.model.tokenizer === undefined ? "model.checkpoint" : "model.tokenizer";
  const values = { columns: kind.columns.join(" and "), folder: visible(folder) };
  const help = plan.task === "dpo" ? "set model.tokenizer to a tokenizer that has one" : undefined;
  return [PLN2213(plan.written.at(key), values, help === undefined ? {} : { help })];
}

function askedBy({ options, task }: Plan): Asked {
  const kwargs = options["dataset_kwargs"];
  const field = options["dataset_text_field"];
  return {
    preferences: task === "dpo",
    text_field: typeof field === "string" ? field : "text",
    completion_only: options["completion_only_loss"] === true,
    assistant_only: options["assistant_only_loss"] === true,
    is_prepared:
      typeof kwargs === "object" &&
      kwargs !== null &&
      "skip_prepare_dataset" in kwargs &&
      kwargs.skip_prepare_dataset === true,
  };
}

export const examples: Examples = {
  PLN2211: { beside: { data: { path: "rows.jsonl" } }, json: { file: "rows.jsonl" } },
  PLN2212: { files: { "rows-of-text.jsonl": '{"text": "the sky is blue"}' } },
  PLN2213: {
    files: {
      "conversations.jsonl": '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',
      "base/tokenizer_config.json": "{}",
      "instruct/tokenizer_config.json": '{"chat_template": "{{ messages }}"}',
    },
  },
};

export const cases: readonly Case[] = [
  {
    name: "a file of a kind that is not known, and neither a file nor a folder",
    files: { "rows.bin": "x", "held-out.jsonl": { special: true } },
    plan: `
data:
  path: ./rows.bin
#@ [09:19) PLN2210 rows.bin is no data file that can be read; known endings: .jsonl, .json, .csv, .txt, .parquet, .arrow
#@   help: see what lies there, or name other data in the plan
  eval_path: ./held-out.jsonl
#@ [14:30) PLN2210 held-out.jsonl is neither a file nor a folder
#@   help: see what lies there, or name other data in the plan
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "a folder without data, and a file that is cut off",
    files: { "rows/README.md": "rows to come", "held-out.jsonl": '{"text": "the sky"}\n{"text": "is bl' },
    plan: `
data: { path: ./rows, eval_path: held-out.jsonl }
#@ [15:21) PLN2210 rows holds no data files; known endings: .jsonl, .json, .csv, .txt, .parquet, .arrow
#@   help: see what lies there, or name other data in the plan
#@ [34:48) PLN2210 held-out.jsonl is no JSON: row 1 has no end
#@   help: see what lies there, or name other data in the plan
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "columns of no kind",
    files: { "rows.jsonl": '{"content": "the sky is blue", "id": 1}' },
    plan: `
data: { path: rows.jsonl }
#@ [15:25) PLN2211 rows.jsonl: the columns are content, id
#@   help: a row is text in a column text, messages, prompt and completion, or tokens in input_ids
`,
  },
  {
    name: "the second row, in a column that the plan names",
    files: { "rows.jsonl": '{"body": "the sky"}\n{"body": 5}' },
    plan: `
data: { path: rows.jsonl }
#@ [15:25) PLN2211 rows.jsonl: row 1 has a number as body, not text
#@   help: a row is text in a column body (dataset_text_field), messages, prompt and completion, or tokens in input_ids
sft: { dataset_text_field: body }
`,
  },
  {
    name: "options that rows of text do not fit",
    files: { "rows.jsonl": '{"text": "the sky is blue"}' },
    plan: `
data: { path: rows.jsonl }
sft:
  completion_only_loss: true
#@ [25:29) PLN2212 completion_only_loss needs rows of prompt and completion; these have text, and the trainer would train on all of it (rows.jsonl)
#@   help: drop the option, or give rows that have what it asks for
`,
  },
  {
    files: { "rows.jsonl": '{"text": "the sky is blue"}' },
    plan: `
data: { path: rows.jsonl }
sft: { assistant_only_loss: true }
#@ [29:33) PLN2212 assistant_only_loss needs rows of messages; these have text (rows.jsonl)
#@   help: drop the option, or give rows that have what it asks for
`,
  },
  {
    name: "messages, and a tokenizer without a chat template",
    files: {
      "rows.jsonl": '{"messages": [{"role": "user", "content": "a"}]}',
      "tokenizer/tokenizer_config.json": "{}",
    },
    plan: `
model: { tokenizer: ./tokenizer }
#@ [21:32) PLN2213 rows of messages need a chat template, and the tokenizer in tokenizer has none
#@   help: set sft.chat_template_path to a .jinja file, or model.tokenizer to a tokenizer that has one
data: { path: rows.jsonl }
`,
  },
  {
    name: "the checkpoint's own tokenizer",
    config: "toy",
    files: {
      "rows.jsonl":
        '{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}',
      "model/model.safetensors": { toy: ["per_expert", "per_expert"] },
      "model/tokenizer_config.json": '{"chat_template": null}',
    },
    plan: `
model: { checkpoint: ./model }
#@ [22:29) PLN2213 rows of prompt and completion need a chat template, and the tokenizer in model has none
#@   help: set sft.chat_template_path to a .jinja file, or model.tokenizer to a tokenizer that has one
data: { path: rows.jsonl }
`,
  },
  {
    name: "a template of the plan's own",
    shows: "nothing",
    files: {
      "rows.jsonl": '{"messages": [{"role": "user", "content": "a"}]}',
      "tokenizer/tokenizer_config.json": "{}",
      "held-out.jsonl": '{"text": "the sky is blue"}',
    },
    plan: `
model: { tokenizer: ./tokenizer }
data: { path: rows.jsonl, eval_path: held-out.jsonl }
sft: { chat_template_path: ./template.jinja, eval_strategy: epoch }
`,
  },
  {
    name: "data that are not on this machine",
    shows: "nothing",
    plan: `
data: { path: rows.jsonl }
`,
  },
  {
    name: "pairs, without an answer, of text and messages, and with an empty one",
    files: {
      "rows.jsonl": '{"prompt": "the", "chosen": " sky"}',
      "held-out.jsonl": '{"prompt": "the", "chosen": [{"role": "user", "content": "a"}], "rejected": " sea"}',
    },
    plan: `
data: { path: rows.jsonl, eval_path: held-out.jsonl }
#@ [15:25) PLN2211 rows.jsonl: the columns are prompt, chosen
#@   help: a row is chosen and rejected, with a prompt beside them or at the beginning of both, as text or messages
#@ [38:52) PLN2211 held-out.jsonl: prompt is text, chosen is messages, rejected is text: all have to be text, or all messages
#@   help: a row is chosen and rejected, with a prompt beside them or at the beginning of both, as text or messages
dpo: { max_length: 2048, per_device_train_batch_size: 1, eval_strategy: epoch }
`,
  },
  {
    files: { "rows.jsonl": '{"chosen": "the sky", "rejected": "the sea"}\n{"chosen": "the sky", "rejected": ""}' },
    plan: `
data: { path: rows.jsonl }
#@ [15:25) PLN2211 rows.jsonl: row 1 has an empty rejected, which the prompt should begin
#@   help: a row is chosen and rejected, with a prompt beside them or at the beginning of both, as text or messages
dpo: { max_length: 2048, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "pairs of messages, and a tokenizer without a chat template",
    files: {
      "rows.jsonl":
        '{"prompt": [{"role": "user", "content": "a"}], "chosen": [{"role": "assistant", "content": "b"}], "rejected": [{"role": "assistant", "content": "c"}]}',
      "tokenizer/tokenizer_config.json": "{}",
    },
    plan: `
model: { tokenizer: ./tokenizer }
#@ [21:32) PLN2213 rows of prompt and chosen and rejected need a chat template, and the tokenizer in tokenizer has none
#@   help: set model.tokenizer to a tokenizer that has one
data: { path: rows.jsonl }
dpo: { max_length: 2048, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "pairs",
    shows: "nothing",
    files: { "rows.jsonl": '{"chosen": "the sky", "rejected": "the sea"}' },
    plan: `
data: { path: rows.jsonl }
dpo: { max_length: 2048, per_device_train_batch_size: 1 }
`,
  },
];
