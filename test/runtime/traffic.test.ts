/** The lock's bytes on the wire, against every collective of the emitted train.py on CPU ranks. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExchangedRows, exchangeBytes, exchangeOf } from "../../src/estimate/traffic.ts";
import { smallConfig } from "../model/variants.ts";
import { checkTree, merge } from "../plans.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { conformance } from "../sample.ts";
import { parityConfig, parityFamilies } from "./parity-configs.ts";
import { toyBundle, toyConfig, toyJob, toyPlan } from "./toy-bundle.ts";

type Tree = Readonly<Record<string, unknown>>;

interface Case {
  readonly name: string;
  readonly parallelism: {
    readonly dp_replicate_size?: number;
    readonly fsdp_size: number;
    readonly tp_size?: number;
    readonly ep_size: number;
    readonly ep_implementation?: "planc" | "all_to_all" | "all_reduce";
  };
  readonly recompute: "none" | "attention" | "full";
  readonly config?: Tree;
  readonly accumulation?: number;
  readonly sft?: Tree;
  /** FSDP casts to bfloat16. */
  readonly mixed?: true;
}

const sample: readonly Case[] = [
  {
    name: "planc, experts sharded again, two micro-batches a step",
    ...{ parallelism: { fsdp_size: 4, ep_size: 2 }, recompute: "full", accumulation: 2 },
  },
  {
    name: "planc in bfloat16",
    ...{ parallelism: { fsdp_size: 4, ep_size: 2 }, recompute: "none", mixed: true },
  },
  {
    name: "planc over four ranks, embeddings tied",
    parallelism: { fsdp_size: 4, ep_size: 4 },
    ...{ recompute: "attention", config: { tie_word_embeddings: true, vocab_size: 100 } },
  },
  {
    name: "replicas",
    ...{ parallelism: { dp_replicate_size: 2, fsdp_size: 2, ep_size: 2 }, recompute: "none" },
  },
  {
    name: "all_to_all",
    ...{ parallelism: { fsdp_size: 2, ep_size: 2, ep_implementation: "all_to_all" }, recompute: "none" },
  },
  {
    name: "all_to_all computed again",
    ...{ parallelism: { fsdp_size: 2, ep_size: 2, ep_implementation: "all_to_all" }, recompute: "full" },
  },
  {
    name: "tensor parallelism with planc, one layer dense",
    parallelism: { fsdp_size: 2, tp_size: 2, ep_size: 2 },
    ...{ recompute: "full", config: { mlp_only_layers: [1] } },
  },
  {
    name: "tensor parallelism with planc, and a shared expert behind the others",
    parallelism: { fsdp_size: 2, tp_size: 2, ep_size: 2 },
    ...{ recompute: "full", config: smallConfig("qwen2_moe") },
  },
  {
    name: "latent attention, one layer dense, shared experts",
    parallelism: { fsdp_size: 2, ep_size: 2 },
    ...{ recompute: "full", config: { ...smallConfig("deepseek_v3"), num_key_value_heads: 6 } },
  },
  {
    name: "tensor parallelism with all_reduce, computed again",
    parallelism: { fsdp_size: 2, tp_size: 2, ep_size: 2, ep_implementation: "all_reduce" },
    ...{ recompute: "full", config: smallConfig("qwen2_moe") },
  },
];

const steps = 2;
const root = mkdtempSync(join(tmpdir(), "planc-traffic-"));
afterAll(() => rmSync(root, { recursive: true }));

const worldOf = ({ dp_replicate_size = 1, fsdp_size, tp_size = 1 }: Case["parallelism"]) =>
  dp_replicate_size * fsdp_size * tp_size;

const configOf = ({ config = {} }: Case): Tree => ("model_type" in config ? config : { ...toyConfig, ...config });

function planOf({ parallelism, recompute, accumulation = 1, mixed, sft = {} }: Case): Tree {
  const compute = mixed ? "bfloat16" : "float32";
  return merge(toyPlan(parallelism), {
    cluster: { gpus_per_node: worldOf(parallelism) },
    precision: { parameters: "float32", compute, reduce: "float32" },
    recompute,
    sft: {
      ...{ max_steps: steps, save_strategy: "no", save_steps: undefined },
      gradient_accumulation_steps: accumulation,
      ...sft,
    },
  });
}

/** Families whose head is always the embedding, as planc knows them. */
const tied: ReadonlySet<string> = new Set(["lfm2_moe", "ernie4_5_moe"]);

/** `npm run conformance`: every family, computed again, since what stands behind its experts decides what is sent again. */
const families = (conformance ? parityFamilies : []).map((family): Case => {
  const { num_experts_per_tok, ...rest } = parityConfig(family);
  // Some families have a key of their own for it.
  const chosen = "moe_k" in rest || "moe_topk" in rest ? {} : { num_experts_per_tok };
  const head = tied.has(family) ? { tie_word_embeddings: true, vocab_size: 98 } : {};
  const config = { ...rest, ...chosen, ...head };
  const parallelism = { fsdp_size: 2, ep_size: 2 };
  // The trainer cannot compute the auxiliary loss of some.
  return { name: family, parallelism, recompute: "full", config, sft: { router_aux_loss_coef: 0 } };
});
const accepted = (one: Case) => checkTree(planOf(one), configOf(one)).value !== undefined;
const cases = [...sample, ...families.filter(accepted)];

interface Sent {
  readonly phase: string;
  readonly group: string;
  readonly operation: string;
  readonly bytes: number;
  readonly by: string;
}
interface Chosen {
  readonly phase: string;
  readonly layer: string;
  readonly each: readonly number[];
  readonly once: readonly number[];
}
interface Counted {
  readonly sent: readonly Sent[];
  readonly chosen: readonly Chosen[];
}

let results: Result[];
const folderOf = (index: number) => join(root, String(index));

beforeAll(async () => {
  const jobs: Job[] = [];
  for (const [index, one] of cases.entries()) {
    const folder = folderOf(index);
    mkdirSync(folder);
    const bundle = await toyBundle(folder, configOf(one), planOf(one));
    const places = ["--model", join(folder, "model"), "--dataset", join(folder, "data.jsonl")];
    const program = [one.mixed ? "mixed" : "plain", join(bundle, "train.py"), "--cpu"];
    jobs.push(toyJob(folder, configOf(one)), {
      program: ownProgram("traffic_count.py"),
      arguments: [...program, ...places, "--output-dir", join(folder, "output")],
      ...{ world: worldOf(one.parallelism), folder, path: bundle },
    });
  }
  results = runJobs(jobs);
});

function countedOf(index: number): Counted[] {
  const { status, stderr } = results[2 * index + 1] ?? { status: [1], stderr: ["it did not run"] };
  expect(
    status.every((each) => each === 0),
    stderr.join("\n"),
  ).toBe(true);
  return status.map((_, rank) => JSON.parse(readFileSync(join(folderOf(index), `counted-${rank}.json`), "utf8")));
}

/** The axis that a collective is for. Groups alone do not tell: one that has every rank is the same for all axes. */
function axisOf({ by, operation, group }: Sent): string {
  if (by.includes("/_fully_shard/")) {
    if (operation === "allreduce_") return "dp_replicate";
    return group === "mesh_efsdp" ? "efsdp" : "fsdp";
  }
  if (/^all_?to_?all/.test(operation) || by.endsWith("distributed/parallel_utils.py")) return "ep";
  if (/distributed\/tensor(_parallel\.py$|\/)/.test(by)) return "tp";
  return by;
}

/** What TRL gathers for the figures of its log. */
const logged = "accelerate/utils/operations.py";

describe.each(cases.map((one, index) => [one.name, one, index] as const))("%s", (_, one, index) => {
  const judged = () => {
    const { value, diagnostics } = checkTree(planOf(one), configOf(one));
    if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
    return value;
  };

  test("ranks send what the lock says, over every axis, in every step", () => {
    const { traffic, sizes } = judged();
    // What tp cuts into unequal parts is counted on the first rank of its group, which has the most.
    for (const { sent } of countedOf(index).filter((_, rank) => rank % sizes.tp_size === 0))
      for (let step = 0; step < steps; step++) {
        const sums = new Map<string, number>();
        for (const each of sent)
          if (each.phase === `step ${step}`) sums.set(axisOf(each), (sums.get(axisOf(each)) ?? 0) + each.bytes);
        const { ep, ...others } = traffic;
        expect([...sums.keys()].sort()).toEqual([...Object.keys(traffic), logged].sort());
        expect(sums.get(logged)).toBeLessThan(1024);
        for (const [axis, { bytes_per_step }] of Object.entries(others))
          expect([axis, sums.get(axis)]).toEqual([axis, bytes_per_step]);
        if (one.parallelism.ep_implementation === "all_reduce") expect(sums.get("ep")).toBe(ep?.bytes_per_step);
      }
  });

  test("and over ep what the formula says of the rows that were chosen", () => {
    const { plan, model, sizes, rows } = judged();
    const exchange = exchangeOf(plan, model, sizes, rows.max_length);
    if (exchange === undefined) return;
    const counted = countedOf(index);
    const kind = exchange.once ? "once" : "each";
    for (const [rank, { sent, chosen }] of counted.entries())
      for (let step = 0; step < steps; step++) {
        const own = rank % sizes.ep_size;
        const group = Array.from({ length: sizes.ep_size }, (_, other) => rank - own + other);
        const callsOf = (of: number) => (counted[of]?.chosen ?? []).filter(({ phase }) => phase === `step ${step}`);
        const expected = chosen
          .filter(({ phase }) => phase === `step ${step}`)
          .map((call, place): ExchangedRows => {
            const away = call[kind].filter((_, to) => to !== own);
            const here = group
              .filter((other) => other !== rank)
              .map((other) => callsOf(other)[place]?.[kind][own] ?? 0);
            return { sent: total(away), received: total(here) };
          })
          .map((each, place) => {
            // Until a layer has been computed again once, nobody knows that it will be: its choices are sent twice.
            const isFirst = step === 0 && place < model.moeLayers.length;
            const isTwice = isFirst && exchange.once && exchange.again !== "nothing";
            const choices = isTwice ? each.sent * exchange.num_experts_per_tok * 8 : 0;
            return exchangeBytes(exchange, each) + choices;
          });
        expect(expected).toHaveLength(model.moeLayers.length * rows.gradient_accumulation_steps);
        const bytes = sent.filter((each) => each.phase === `step ${step}` && axisOf(each) === "ep");
        expect(total(bytes.map((each) => each.bytes))).toBe(total(expected));
      }
  });

  test("what is not counted is a few numbers a step, of known names", () => {
    for (const { sent } of countedOf(index)) {
      const after = sent.filter(({ phase }) => phase === "after step 0");
      expect(new Set(after.map(({ by }) => by))).toEqual(
        new Set(around.filter((by) => after.some((each) => each.by === by))),
      );
      expect(total(after.map(({ bytes }) => bytes))).toBeLessThan(4096);
    }
  });
});

/** The norm that gradients are clipped by; whether to stop and save; the loss and the figures of the log. */
const around = [
  "torch/distributed/tensor/placement_types.py",
  "planc_runtime/checkpoint/ranks.py",
  "transformers/trainer_pt_utils.py",
  "planc_runtime/metrics/agreement.py",
  logged,
];

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
