/** Ways to make a plan take less memory, each in steps from the smallest change to the largest. */
import type { Edit } from "../../diagnostics/diagnostic.ts";
import { neededBytes } from "../../estimate/memory.ts";
import { keysOf } from "../../plan/keys.ts";
import type { Plan } from "../../plan/plan.ts";
import { setKeys } from "../../plan/set-keys.ts";
import type { RecomputeName } from "../../plan/types.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { divisors } from "../../text/words.ts";

export interface Step {
  /** As the plan would say it: "recompute: full". */
  readonly words: string;
  /** A plan with it. */
  change(plan: Plan): Plan;
  /** The edits of the text that write it; undefined where they are nobody's to make, or text alone does not do. */
  readonly edits: readonly Edit[] | undefined;
}

export type Way = readonly Step[];

/** Machines, as a multiple of the plan's, beyond which nothing is proposed. */
const mostTimes = 64;

/** Tokens by which a sequence is made shorter, or a multiple of them: a very long one in no more than so many steps. */
const shorter = 128;
const mostSteps = 256;

const recomputing: readonly RecomputeName[] = ["none", "experts", "attention", "full"];

/** What is cheap to change comes first, and what changes the training last. */
export function waysOf(facts: MeshFacts): readonly Way[] {
  const { plan } = facts;
  return [
    recomputeWay(facts),
    batchWay(facts),
    shardsWay(facts),
    machinesWay(facts),
    lengthWay(facts),
    precisionWay(plan),
    optimizerWay(facts),
  ].filter((way) => way.length > 0);
}

/** Which policy takes less depends on the model. */
function recomputeWay({ plan, memory, supposing }: MeshFacts): Way {
  // What is not written is already the least that fits, or full.
  if (!plan.written.has("recompute")) return [];
  return recomputing
    .slice(recomputing.indexOf(plan.recompute) + 1)
    .map((recompute) => {
      const change = (another: Plan) => ({ ...another, recompute });
      const supposed = supposing(change(plan));
      const edits = [{ ...plan.written.at("recompute"), newText: recompute }];
      const needed = supposed === undefined ? Number.POSITIVE_INFINITY : neededBytes(supposed.memory);
      return { words: `recompute: ${recompute}`, change, edits, needed };
    })
    .filter(({ needed }) => needed < neededBytes(memory))
    .sort((a, b) => b.needed - a.needed);
}

/** Smaller micro-batches, and as many more of them: a step takes the same tokens. */
function batchWay({ plan, rows }: MeshFacts): Way {
  const { per_device_train_batch_size: size, gradient_accumulation_steps: batches } = rows;
  return divisors(size)
    .slice(1)
    .map((times) =>
      optionStep(plan, { per_device_train_batch_size: size / times, gradient_accumulation_steps: batches * times }),
    );
}

/** Shards in the place of replicas. */
function shardsWay({ plan, sizes }: MeshFacts): Way {
  const { dp_replicate_size, fsdp_size } = sizes;
  return divisors(dp_replicate_size)
    .slice(1)
    .map((times) => {
      const changed = { dp_replicate_size: dp_replicate_size / times, fsdp_size: fsdp_size * times };
      return {
        words: inWords(changed),
        change: (another) => ({ ...another, parallelism: { ...another.parallelism, ...changed } }),
        edits: setKeys(plan.written, "parallelism", Object.entries(changed), keysOf("parallelism")),
      };
    });
}

/** Shards over more GPUs of the machine, or over more machines. */
function machinesWay({ cluster, sizes }: MeshFacts): Way {
  const { nodes, gpus_per_node } = cluster;
  const inside = nodes === 1 ? [2, 4, 8].filter((gpus) => gpus > gpus_per_node && gpus % gpus_per_node === 0) : [];
  const gpusOf = (cluster: { readonly nodes: number } | { readonly gpus_per_node: number }, times: number): Step => {
    const fsdp_size = sizes.fsdp_size * times;
    return {
      words: inWords({ ...cluster, fsdp_size }),
      change: (plan) => ({
        ...plan,
        cluster: { ...plan.cluster, ...cluster },
        parallelism: { ...plan.parallelism, fsdp_size },
      }),
      edits: undefined,
    };
  };
  const over: Step[] = [];
  for (let times = 2; times <= mostTimes; times *= 2) over.push(gpusOf({ nodes: nodes * times }, times));
  return [...inside.map((gpus) => gpusOf({ gpus_per_node: gpus }, gpus / gpus_per_node)), ...over];
}

function lengthWay({ plan, rows: { max_length } }: MeshFacts): Way {
  if (max_length === null) return [];
  const by = shorter * Math.ceil(max_length / shorter / mostSteps);
  const steps = Math.max(0, Math.ceil(max_length / by) - 1);
  return Array.from({ length: steps }, (_, index) => optionStep(plan, { max_length: (steps - index) * by }));
}

function precisionWay({ precision, written }: Plan): Way {
  if (precision.parameters !== "float32") return [];
  return [
    {
      words: "precision.parameters: bfloat16",
      change: (plan) => ({ ...plan, precision: { ...plan.precision, parameters: "bfloat16" } }),
      edits: setKeys(written, "precision", [["parameters", "bfloat16"]], keysOf("precision")),
    },
  ];
}

function optimizerWay({ plan, task }: MeshFacts): Way {
  return task.lighterOptimizers(plan).map((options) => optionStep(plan, options));
}

function optionStep(plan: Plan, options: Readonly<Record<string, string | number>>): Step {
  return {
    words: inWords(options),
    change: (another) => ({ ...another, options: { ...another.options, ...options } }),
    edits: setKeys(plan.written, plan.task, Object.entries(options), Object.keys(plan.options)),
  };
}

function inWords(changed: Readonly<Record<string, string | number>>): string {
  return Object.entries(changed)
    .map(([name, value]) => `${name}: ${value}`)
    .join(" with ");
}
