import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { trainerValue } from "../options/option.ts";
import { optionAt, show } from "../options/written.ts";

/** Option → the values of it that need an evaluation, which `eval_strategy` alone asks for. */
const needing: Readonly<Record<string, readonly unknown[]>> = {
  lr_scheduler_type: ["reduce_lr_on_plateau", "greedy"],
  save_strategy: ["best"],
};

/** What the trainer's own evaluation returns; the other figures of its log come later. */
const returned: readonly string[] = ["loss", "runtime", "samples_per_second", "steps_per_second"];

/** Evaluations need rows, rows for evaluations an evaluation, and what follows a metric one that there is. */
export const dataEvaluation: Rule<PlanFacts> = {
  name: "data-evaluation",
  *check({ plan }) {
    const { evaluation } = plan.data;
    const strategy = trainerValue(plan, "eval_strategy");
    const isRegular = strategy === "steps" || strategy === "epoch";
    const isFirst = plan.sft["eval_on_start"] === true;
    if (evaluation === undefined) {
      if (isRegular)
        yield report("PLN2202", optionAt(plan, "eval_strategy"), { name: "eval_strategy", written: show(strategy) });
      if (isFirst) yield report("PLN2202", optionAt(plan, "eval_on_start"), { name: "eval_on_start", written: "true" });
    } else if (!isRegular && !isFirst) {
      const key = plan.written.has("data.eval_path") ? "data.eval_path" : "data.eval_split";
      yield report("PLN2203", plan.written.at(key, "key"), { key });
    }
    const { tp_size } = plan.parallelism;
    if (evaluation !== undefined && tp_size > 1 && (isRegular || isFirst))
      yield report("PLN2207", optionAt(plan, isRegular ? "eval_strategy" : "eval_on_start"), { tp_size });
    for (const [name, values] of Object.entries(needing)) {
      const written = plan.sft[name];
      if (isRegular || !values.includes(written)) continue;
      yield report("PLN2202", optionAt(plan, name), { name, written: String(written) }, { variant: "strategy" });
    }
    yield* metric(plan);
    yield* overlap(plan);
  },
};

function* metric(plan: Plan) {
  const written = plan.sft["metric_for_best_model"];
  if (plan.sft["save_strategy"] === "best" && (written === undefined || written === null)) {
    const values = { name: "save_strategy", written: "best" };
    yield report("PLN2205", optionAt(plan, "save_strategy"), values, { variant: "missing" });
  }
  if (typeof written !== "string" || returned.includes(written.replace(/^eval_/, ""))) return;
  yield report("PLN2205", optionAt(plan, "metric_for_best_model"), { written: show(written) });
}

/** A split that is evaluated on although the run trains on all of it. */
function* overlap({ data, written }: Plan) {
  const { evaluation } = data;
  if (evaluation === undefined || evaluation.path !== data.path || evaluation.name !== data.name) return;
  const trained = data.split.split("+");
  const shared = evaluation.split
    .split("+")
    .find((part) => trained.some((each) => each === part || each === nameOf(part)));
  if (shared === undefined) return;
  const key = written.has("data.eval_split") ? "data.eval_split" : "data.eval_path";
  yield report("PLN2204", written.at(key), { evaluated: shared, path: show(data.path) });
}

function nameOf(part: string): string {
  return part.replace(/[[(].*$/, "");
}

export const examples: Examples = {
  PLN2205: { beside: { data: { eval_split: "test" } } },
};
