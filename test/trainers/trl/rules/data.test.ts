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
});

describe("evaluation", () => {
  it("has a metric only where it is looked for", () => {
    expect(codes(data({ eval_split: "test" }, { ...steps, metric_for_best_model: "loss" }))).toEqual(["PLN4034"]);
  });

  it("takes options that are about evaluations only where there are some", () => {
    expect(codes(data({}, { eval_steps: 5, per_device_eval_batch_size: 2 }))).toEqual(["PLN4034", "PLN4034"]);
    const rows = { eval_split: "test" };
    expect(data(rows, { ...steps, eval_delay: 2, per_device_eval_batch_size: 2, eval_packing: false })).toEqual([]);
    expect(codes(data(rows, { eval_strategy: "epoch", eval_steps: 5 }))).toEqual(["PLN4034"]);
  });
});
