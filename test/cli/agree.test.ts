/** Every command that judges a plan says the same of it, and comes to the same verdict. */
import { expect, test } from "vitest";
import { config, plan } from "../plans.ts";
import { planc } from "./io.ts";

type Tree = Readonly<Record<string, unknown>>;

const folder = { model: { config: "m/config.json", checkpoint: "./m" } };

/** What is said of the plan → the plan, and files beside its config.json. */
const cases: readonly {
  readonly said: string;
  readonly changes: Tree;
  readonly files?: Readonly<Record<string, string>>;
}[] = [
  { said: "", changes: {} },
  { said: "", changes: { parallelism: { ep_size: 4 } } },
  { said: "PLN1022", changes: { parallelism: { ep_size: "8" } } },
  { said: "PLN2021", changes: { export: { layout: "mxfp4" } } },
  { said: "PLN2019", changes: { conversion: { to: "per_expert" } } },
  { said: "PLN3004", changes: { parallelism: { ep_size: 6 } } },
  { said: "PLN4001", changes: { stack: { versions: { transformers: "4.57.6" } } } },
  { said: "PLN4010", changes: { model: { checkpoint: "org/name" } } },
  { said: "PLN5002", changes: { cluster: { gpu: "l4-pcie-24gb" } } },
  { said: "PLN5027", changes: { cluster: { env: { RANK: "1" } } } },
  { said: "PLN5052", changes: { sft: { save_strategy: undefined, max_steps: 100 } } },
  { said: "PLN5050", changes: folder },
  { said: "PLN2110", changes: folder, files: { "m/pytorch_model.bin": "" } },
  { said: "PLN2103", changes: folder, files: { "m/model.safetensors": "no" } },
];

test.each(cases)("$said $changes", async ({ said, changes, files = {} }) => {
  const text = JSON.stringify(config("Qwen3-30B-A3B"));
  const tree = { "plan.yaml": JSON.stringify(plan(changes)), "config.json": text, "m/config.json": text, ...files };
  const [checked, compiled, explained, drawn] = await Promise.all(
    [["check"], ["compile", "--dry-run"], ["explain"], ["graph"]].map(([command = "", ...more]) =>
      planc([command, "plan.yaml", ...more], tree),
    ),
  );
  expect(/PLN\d+/.exec(checked?.stderr ?? "")?.[0] ?? "").toBe(said);
  for (const other of [compiled, explained, drawn]) {
    expect([other?.code, other?.stderr]).toEqual([checked?.code, checked?.stderr]);
  }
  const json = ["--format", "json"];
  const found = await Promise.all([
    planc(["check", "plan.yaml", ...json], tree),
    planc(["compile", "plan.yaml", "--dry-run", ...json], tree),
  ]);
  const [first, second] = found.map(({ stdout }) => JSON.parse(stdout));
  expect(second).toEqual(first);
});
