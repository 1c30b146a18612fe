import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { findings } from "../../../engines/transformers/findings.ts";
import { python } from "../../../python.ts";

const data = (changes: object, sft: object = {}) => findings({ data: changes, sft });
const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code);
const steps = { eval_strategy: "steps", eval_steps: 10 };

/** Splits as people write them, right and wrong. */
const splits = [
  ...["train", "all.of.it", "train[:1000]", "train[-500:]", "train[10%:20%]", "train+test", "train[:]", "train[5:10]"],
  ...[
    "train[:10%](closest)",
    "train[:50%](pct1_dropremainder)",
    "train[:1_000]",
    "train[:10] + test",
    "train [:10]",
    " train",
    "train[-10:-5]",
  ],
  ...[
    "train[:100%]",
    "train[-100%:]",
    "train[0.1:0.2]",
    "train[1000]",
    "train:1000",
    "train[:101%]",
    "train[:10](closest)",
  ],
  ...[
    "train[:10%](up)",
    "train,test",
    "train[",
    "",
    "+",
    "train+",
    "-train",
    "train[:-101%]",
    "train[::2]",
    "train[:1k]",
  ],
];

describe("splits", () => {
  it("are read as the library reads them", () => {
    const script = `import json, sys
from datasets import ReadInstruction
def reads(split):
    try:
        ReadInstruction.from_spec(split)
        return True
    except (ValueError, AssertionError):
        return False
print(json.dumps([reads(split) for split in json.load(sys.stdin)]))`;
    const input = JSON.stringify(splits.filter((split) => split !== ""));
    const reads: boolean[] = JSON.parse(execFileSync(python, ["-c", script], { input, encoding: "utf8" }));
    for (const [index, split] of splits.filter((each) => each !== "").entries())
      expect([split, codes(data({ split })).includes("PLN2201")]).toEqual([split, !reads[index]]);
  });

  it.each([
    ["train[0.1:0.2]", "is neither a name nor a slice of one"],
    ["train[:101%]", "101% is beyond 100%"],
    ["train[10%:20]", "mixes rows and percent"],
    ["train[:10](closest)", "rounds percent"],
    ["train[10:10]", "holds no rows"],
    ["train[-5:-10]", "holds no rows"],
  ])("are refused with what is wrong: %s", (split, why) => {
    const [finding] = data({ split });
    expect(finding).toMatchObject({ code: "PLN2201", at: split });
    expect(finding?.message).toContain(why);
    expect(codes(data({ eval_split: split }, steps))).toContain("PLN2201");
  });
});

describe("evaluation", () => {
  it.each([
    ["eval_strategy", "steps"],
    ["eval_strategy", "epoch"],
    ["eval_on_start", true],
  ])("needs rows: %s %s", (name, value) => {
    expect(data({}, { [name]: value })).toMatchObject([{ code: "PLN2202", at: String(value) }]);
    expect(data({ eval_path: "held-out.jsonl" }, { [name]: value })).toEqual([]);
  });

  it.each([
    ["lr_scheduler_type", "reduce_lr_on_plateau", {}],
    ["save_strategy", "best", { metric_for_best_model: "loss" }],
  ])("is what %s %s goes by", (name, value, more) => {
    expect(data({}, { [name]: value, ...more })).toMatchObject([{ code: "PLN2202", at: value }]);
    // At the start alone there is nothing to compare with.
    const rows = { eval_path: "held-out.jsonl" };
    expect(codes(data(rows, { [name]: value, eval_on_start: true, ...more }))).toEqual(["PLN2202"]);
    expect(data(rows, { [name]: value, ...steps, ...more })).toEqual([]);
  });

  it("has no rows without a reason, and none that are trained on", () => {
    expect(data({ eval_path: "held-out.jsonl" })).toMatchObject([{ code: "PLN2203", at: "eval_path" }]);
    expect(codes(data({ eval_split: "test" }))).toEqual(["PLN2203"]);
    expect(data({ eval_split: "train[:500]" }, steps)).toMatchObject([{ code: "PLN2204", at: "train[:500]" }]);
    expect(codes(data({ eval_path: "/data/train.parquet" }, steps))).toEqual(["PLN2204"]);
    expect(data({ split: "train[500:]", eval_split: "train[:500]" }, steps)).toEqual([]);
    expect(data({ eval_split: "test" }, steps)).toEqual([]);
  });

  it("is refused over tensor parallel ranks", () => {
    const over = (tp_size: number, sft: object) =>
      codes(findings({ data: { eval_split: "test" }, parallelism: { fsdp_size: 4, tp_size }, sft }));
    expect(over(2, steps)).toEqual(["PLN2207"]);
    expect(over(2, { eval_on_start: true })).toEqual(["PLN2207"]);
    expect(over(2, {})).toEqual(["PLN2203"]);
    expect(over(1, steps)).toEqual([]);
  });

  it("has the metric that is looked for", () => {
    const best = { ...steps, save_strategy: "best" };
    const rows = { eval_split: "test" };
    expect(data(rows, best)).toMatchObject([{ code: "PLN2205", at: "best" }]);
    const accuracy = { ...best, metric_for_best_model: "mean_token_accuracy" };
    expect(data(rows, accuracy)).toMatchObject([{ code: "PLN2205", at: "mean_token_accuracy" }]);
    expect(data(rows, { ...best, metric_for_best_model: "eval_loss" })).toEqual([]);
    expect(codes(data(rows, { ...steps, metric_for_best_model: "loss" }))).toEqual(["PLN4034"]);
  });

  it("takes options that are about evaluations only where there are some", () => {
    expect(codes(data({}, { eval_steps: 5, per_device_eval_batch_size: 2 }))).toEqual(["PLN4034", "PLN4034"]);
    const rows = { eval_split: "test" };
    expect(data(rows, { ...steps, eval_delay: 2, per_device_eval_batch_size: 2, eval_packing: false })).toEqual([]);
    expect(codes(data(rows, { eval_strategy: "epoch", eval_steps: 5 }))).toEqual(["PLN4034"]);
  });
});

describe("a tokenizer of its own", () => {
  const model = (changes: object) => findings({ model: changes });
  const commit = "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39";

  it("is pinned on the Hub, and only there", () => {
    expect(model({ tokenizer: "org/name" })).toMatchObject([{ code: "PLN2206", at: "org/name" }]);
    expect(model({ tokenizer: "org/name", tokenizer_revision: commit })).toEqual([]);
    expect(model({ tokenizer: "./tokenizer" })).toEqual([]);
    expect(model({ tokenizer: "./tokenizer", tokenizer_revision: commit })).toMatchObject([
      { code: "PLN2206", at: commit },
    ]);
    expect(model({ tokenizer: "gpt2" })).toEqual([]);
    expect(model({ tokenizer: "gpt2", tokenizer_revision: commit })).toEqual([]);
    expect(model({ tokenizer_revision: commit })).toMatchObject([{ code: "PLN2206", at: commit }]);
  });
});
