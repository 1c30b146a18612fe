import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { isMapping } from "../src/text/values.ts";
import { checkPlan } from "./compiler.ts";
import { memoryHost } from "./host.ts";
import { withPoints } from "./published-numbers.ts";

type Tree = Readonly<Record<string, unknown>>;

const configs = new URL("./fixtures/configs/", import.meta.url);
const example: Tree = parse(readFileSync(new URL("../plans/qwen3-ep8.yaml", import.meta.url), "utf8"));

/** The least of a plan: on the stack of the example in `plans/`, with no trainer option but that it does not save. */
export const bare: Tree = {
  version: 1,
  name: "test",
  model: { config: "config.json", checkpoint: "/checkpoints/model" },
  stack: example["stack"],
  cluster: { gpu: "h100-sxm-80gb", nodes: 1, gpus_per_node: 8 },
  parallelism: { ep_size: 8, fsdp_size: 8 },
  data: { path: "/data/train.parquet" },
  sft: { save_strategy: "no" },
};

const reference = merge(bare, {
  sft: { max_length: 4096, packing: true, packing_strategy: "wrapped", per_device_train_batch_size: 1 },
});

/** A published config.json of the fixtures, with keys replaced; `undefined` removes a key. */
export function config(name: string, changes: Tree = {}): Tree {
  const published: Tree = JSON.parse(readFileSync(new URL(`${name}.json`, configs), "utf8"));
  return merge(published, { ...shortened(published, changes["num_hidden_layers"]), ...changes });
}

/** The lists of a config that say something of every layer, for another number of layers. */
function shortened(published: Tree, layers: unknown): Tree {
  const count = published["num_hidden_layers"];
  const lists = Object.entries(published).filter(([, value]) => Array.isArray(value) && value.length === count);
  if (typeof layers !== "number" || layers >= Number(count)) return {};
  return Object.fromEntries(lists.map(([name, value]) => [name, (value as unknown[]).slice(0, layers)]));
}

/** The reference plan as data, with sections merged over it; `undefined` removes a key. */
export function plan(changes: Tree = {}): Tree {
  return merge(
    asksForCheckpoints(changes) ? merge(reference, { sft: { save_strategy: undefined } }) : reference,
    changes,
  );
}

/** A plan that saves has no need of the reference's word that it does not. */
function asksForCheckpoints({ sft }: Tree): boolean {
  return isMapping(sft) && Object.keys(sft).some((option) => option.startsWith("save_"));
}

/** Checks a plan over a config.json, both held in memory as JSON, which is YAML too. */
export function checkTree(changes: Tree = {}, modelConfig: Tree = config("Qwen3-30B-A3B")) {
  const host = memoryHost({
    "plan.yaml": JSON.stringify(plan(changes), null, 2),
    "config.json": withPoints(JSON.stringify(modelConfig, null, 2)),
  });
  return checkPlan(host, "plan.yaml");
}

/** The codes of the errors of a plan, in order. */
export function errorsOf(changes: Tree = {}, modelConfig?: Tree): string[] {
  return checkTree(changes, modelConfig)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code }) => code);
}

/** Sections merged over a plan; `undefined` removes a key. */
export function merge(base: Tree, changes: Tree): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, change] of Object.entries(changes)) {
    const before = merged[key];
    if (change === undefined) delete merged[key];
    else if (isMapping(before) && isMapping(change)) merged[key] = merge(before, change);
    else merged[key] = change;
  }
  return merged;
}
