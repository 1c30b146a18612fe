/** The router's auxiliary loss: where its coefficient comes from, what it adds, and the function that computes it. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { routerLossOf } from "../../../../src/trainers/trl/options/router-loss.ts";
import { checkPlan } from "../../../compiler.ts";
import { memoryHost } from "../../../host.ts";
import { checkTree, config, plan } from "../../../plans.ts";
import { withPoints } from "../../../published-numbers.ts";
import { python } from "../../../python.ts";

type Tree = Readonly<Record<string, unknown>>;

const gptOss = config("gpt-oss-20b");
const short = { max_length: 512 };
const large = { gpu: { name: "large", memory_gb: 4096 } };

describe("PLN4063: an auxiliary loss that dominates", () => {
  it.each([
    ["a block", stringify],
    ["a flow mapping", (tree: unknown) => stringify(tree, { collectionStyle: "flow" })],
    ["JSON", (tree: unknown) => JSON.stringify(tree, null, 2)],
  ])("is mended by an edit of %s", (_, write) => {
    for (const sft of [short, undefined]) {
      const text = write(plan({ sft: undefined, ...(sft === undefined ? {} : { sft }) }));
      const files = (now: string) =>
        memoryHost({ "plan.yaml": now, "config.json": withPoints(JSON.stringify(gptOss)) });
      const [finding] = checkPlan(files(text), "plan.yaml").diagnostics.filter(({ code }) => code === "PLN4063");
      const edit = finding?.fixes[0]?.edits[0];
      if (edit === undefined) throw new Error("no fix");
      const lines = text.split("\n");
      const { line, character } = edit.range.start;
      lines[line] = `${lines[line]?.slice(0, character)}${edit.newText}${lines[line]?.slice(character)}`;
      const { value, diagnostics } = checkPlan(files(lines.join("\n")), "plan.yaml");
      expect(diagnostics.map(({ code }) => code)).not.toContain("PLN4063");
      expect(value?.plan.options["router_aux_loss_coef"]).toBe(0.001);
    }
  });
});

it("knows the coefficient that a config class has by itself", () => {
  const of = (changes: Tree) => {
    const { value } = checkTree({ cluster: large }, config("OLMoE-1B-7B-0924", changes));
    if (value === undefined) throw new Error("refused");
    const { coefficient, from, added } = routerLossOf(value);
    return [coefficient, from, added];
  };
  expect(of({})).toEqual([0.01, "config.json", 0.08]);
  expect(of({ router_aux_loss_coef: undefined })).toEqual([0.01, "the release's default", 0.08]);
});

it("is the number of experts a token for even use, by transformers' own function", () => {
  const program = `
import json, torch
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func
torch.manual_seed(0)
cases = [(8, 2, 1), (8, 2, 3), (32, 4, 24), (128, 8, 2)]
print(json.dumps([load_balancing_loss_func(tuple(0.1 * torch.randn(4096, e) for _ in range(n)), e, k).item() / k for e, k, n in cases]))
`;
  const found: readonly number[] = JSON.parse(execFileSync(python, ["-c", program], { encoding: "utf8" }));
  for (const share of found) expect(share).toBeCloseTo(1, 2);
});
