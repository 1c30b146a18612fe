/**
 * How long steps take, foreseen and measured, on two GPUs:
 *
 *   npm run bench:time -- prepare SPECS.json
 *   PYTHONPATH=templates python scripts/bench/time/steps.py SPECS.json RESULTS.json   (needs two GPUs)
 *   npm run bench:time -- compare RESULTS.json     the tables
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { Configuration } from "./memory/configurations.ts";
import { configOf } from "./memory/plan.ts";
import { fitted, others } from "./time/configurations.ts";
import { factsOf, foreseen } from "./time/foreseen.ts";

const [command, file = ""] = process.argv.slice(2);

if (command === "prepare") writeFileSync(file, JSON.stringify([...fitted, ...others].map(specOf)));
else if (command === "compare") compare(JSON.parse(readFileSync(file, "utf8")));
else throw new Error("usage: time.ts prepare|compare FILE");

/** What a rank has to know. */
function specOf(configuration: Configuration) {
  const { model, plan, epPlan, sizes, attention, hasFusedNorms } = factsOf(configuration);
  const [sequences, length] = configuration.batch;
  return {
    name: configuration.name,
    // Text, not values: 7.0 must not become 7.
    config: configOf(configuration),
    architecture: model.architecture,
    ep_plan: epPlan,
    attn_implementation: attention.implementation,
    fused_norms: hasFusedNorms,
    world_size: sizes.world_size,
    ep_size: sizes.ep_size,
    ep_implementation: plan.parallelism.ep_implementation,
    dtype: plan.precision.parameters,
    recompute: plan.recompute,
    sequences,
    length,
  };
}

interface Measured {
  readonly median?: number;
  readonly alone?: boolean;
  readonly kernels?: Readonly<Record<string, readonly [calls: number, milliseconds: number]>>;
}

function compare(results: Readonly<Record<string, Measured>>): void {
  for (const [title, list] of Object.entries({ "The figures were made on": fitted, "Measured for proof": others })) {
    console.log(`\n${title}:\n`);
    console.log(
      "| | recompute, parameters, mesh | tokens | ms: foreseen | measured | off by | GPU at work: foreseen | measured | off by |",
    );
    console.log("|---|---|---|---|---|---|---|---|---|");
    for (const configuration of list) {
      const found = results[configuration.name];
      if (found?.median !== undefined) console.log(row(configuration, found));
    }
  }
}

function row(configuration: Configuration, { median = 0, alone = true, kernels }: Measured): string {
  const { model, layers, mesh, recompute, parameters, batch, ep_implementation } = configuration;
  const axes = Object.entries(mesh).map(([axis, size]) => `${axis.replace("_size", "")} ${size}`);
  const by = ep_implementation === undefined ? "" : `, ${ep_implementation}`;
  const { step_seconds, classes } = foreseen(configuration, { isAlone: alone, clips: false });
  const pair = (seconds: number, measured: number) => [
    (1000 * seconds).toFixed(0),
    (1000 * measured).toFixed(0),
    `${(100 * (seconds / measured - 1)).toFixed(1)} %`,
  ];
  const busy = kernels?.["all"]?.[1];
  const cells = [
    `${model}, ${layers} layers`,
    `${recompute}, ${parameters}, ${axes.join(" x ")}${by}`,
    `${batch[0]} x ${batch[1]}`,
    ...pair(step_seconds, median),
    ...(busy === undefined ? ["", "", ""] : pair(step_seconds - classes.host, busy / 1000)),
  ];
  return `| ${cells.join(" | ")} |`;
}
