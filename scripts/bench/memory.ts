/**
 * What a rank holds, foreseen and measured, on one GPU:
 *
 *   npm run bench:memory -- prepare FOLDER     compiles a bundle for each configuration
 *   python scripts/bench/memory/run.py FOLDER  trains a few steps of each, one rank of its mesh alone (needs a GPU)
 *   npm run bench:memory -- compare FOLDER     the tables
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";
import { type Configuration, fitted, last, others } from "./memory/configurations.ts";
import { configOf, planOf } from "./memory/plan.ts";

const tables = { "The figures were made on": fitted, "Measured afterwards": others, "Measured last": last };

const [command, folder = "", ...names] = process.argv.slice(2);
const configurations = [...fitted, ...others, ...last].filter(({ name }) => names.length === 0 || names.includes(name));

if (command === "prepare") for (const configuration of configurations) prepare(configuration);
else if (command === "compare") compare();
else throw new Error("usage: memory.ts prepare|compare FOLDER [NAME…]");

function prepare(configuration: Configuration): void {
  const place = join(folder, configuration.name);
  mkdirSync(place, { recursive: true });
  const config = configOf(configuration);
  writeFileSync(join(place, "config.json"), config);
  writeFileSync(join(place, "plan.yaml"), planOf(configuration));
  const bundle = join(place, "bundle");
  execFileSync("node", [join(root, "bin/planc.js"), "compile", join(place, "plan.yaml"), "--out", bundle], {
    stdio: "inherit",
  });
  writeFileSync(join(bundle, "config.json"), config);
}

interface Measured {
  readonly steps: readonly { readonly allocated: number; readonly reserved: number }[];
}

function compare(): void {
  for (const [title, list] of Object.entries(tables)) {
    console.log(`\n${title}:\n`);
    console.log(
      "| | recompute, parameters, mesh | tokens | allocated, GB: foreseen | measured | off by | reserved: foreseen | measured | off by |",
    );
    console.log("|---|---|---|---|---|---|---|---|---|");
    for (const configuration of list) row(configuration);
  }
}

function row({ name, model, layers, mesh, recompute, parameters, batch, ep_implementation }: Configuration): void {
  const file = join(folder, name, "measured.json");
  const { peak } = JSON.parse(readFileSync(join(folder, name, "bundle/plan.lock.json"), "utf8")).memory;
  if (!existsSync(file) || peak === null) return;
  const { steps } = JSON.parse(readFileSync(file, "utf8")) as Measured;
  const cells = (["allocated", "reserved"] as const).flatMap((key) => {
    const most = Math.max(...steps.map((step) => step[key]));
    return [
      ...[peak[key], most].map((bytes) => (bytes / 1e9).toFixed(2)),
      `${((100 * (peak[key] - most)) / most).toFixed(1)} %`,
    ];
  });
  const axes = Object.entries(mesh).map(([axis, size]) => `${axis.replace("_size", "")} ${size}`);
  const by = ep_implementation === undefined ? "" : `, ${ep_implementation}`;
  const [rows, length, batches] = batch;
  const tokens = `${rows} x ${length}${batches > 1 ? ` x ${batches}` : ""}`;
  console.log(
    `| ${[`${model}, ${layers} layers`, `${recompute}, ${parameters}, ${axes.join(" x ")}${by}`, tokens, ...cells].join(" | ")} |`,
  );
}
