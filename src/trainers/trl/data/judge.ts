import type { Examples } from "../../../diagnostics/case.ts";
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
  return [PLN2213(plan.written.at(key), { columns: kind.columns.join(" and "), folder: visible(folder) })];
}

function askedBy({ options }: Plan): Asked {
  const kwargs = options["dataset_kwargs"];
  const field = options["dataset_text_field"];
  return {
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
