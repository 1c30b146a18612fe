/** An engine that shards nothing over experts and a trainer with one option: what a stack has to bring, and no more. */
import type { Engine, Release } from "../../src/stack/engine.ts";
import { packageOf } from "../../src/stack/loading.ts";
import type { Axis } from "../../src/stack/mesh.ts";
import type { Stacks } from "../../src/stack/stacks.ts";
import type { Task, Trainer } from "../../src/stack/trainer.ts";

const nobody = { denseModelTypes: new Set<string>(), otherModelTypes: new Set<string>(), textConfigOf: new Map() };
const release: Release = { version: "1.0.0", minimums: [], moeModelTypes: ["qwen3_moe"], ...nobody };
const axis = <Name extends string>(name: Name, size = 1): Axis<Name> => ({ name, size, stride: 1 });

const nothing = {
  name: "nothing",
  whole: 0,
  share: 0,
  ranks: 1,
  replicas: 1,
  divides: false,
  stays: false,
  isOutside: false,
};

const engine: Engine = {
  name: "toy-engine",
  releases: [release],
  rules: { plan: [], config: [], model: [], mesh: [] },
  issues: { plan: [], model: [], reported: [] },
  derive: ({ plan, cluster }) => ({
    sizes: { ...plan.parallelism, fsdp_size: cluster.world_size, world_size: cluster.world_size },
    epPlan: {},
    attention: { implementation: "eager", on_cpu: "eager" },
    adapter: undefined,
    hasFusedNorms: false,
  }),
  solve: ({ model, cluster, rows, plan }) => ({
    mesh: {
      world_size: cluster.world_size,
      dense: [axis("pp"), axis("dp_replicate"), axis("fsdp", cluster.world_size), axis("tp")],
      expert: [axis("pp"), axis("dp_replicate"), axis("efsdp", cluster.world_size), axis("ep")],
    },
    adapters: [],
    placed: model.parameters.map((parameter) => ({ parameter, placement: {}, local_shape: parameter.shape })),
    units: {
      ...{ isSharded: false, embedding: nothing, head: nothing, root: nothing },
      layer: () => ({ dense: nothing, experts: nothing, expertNumbers: 0 }),
    },
    attentionSize: {
      ...{ kind: "flash_attention", softmaxInFloat32: false, rows: 1, length: rows.max_length, heads: 1, layers: 1 },
      ...{ masks: 0, isMasked: false, isRecomputed: true },
    },
    traffic: { fsdp: { bytes_per_step: 0 } },
    conversion: { needed: false, to: null, checkpoint: plan.model.checkpoint, reason: "it reads everything" },
    export: { layout: "per_expert", dtype: "bfloat16", max_shard_size: "5GB", layouts: {} },
    packages: [packageOf("toy-kernels>=2", "model.attn_implementation")],
  }),
  provenance: () => ({ "mesh.dense.fsdp": { from: "inferred", reason: "it shards over everything" } }),
  files: async ({ release: { version } }) => [{ path: "requirements.txt", content: `toy-engine==${version}\n` }],
};

const task: Task = {
  key: "sft",
  release: "2.0.0",
  config_class: "ToyConfig",
  trainer_class: "ToyTrainer",
  minimums: [{ package: "torch", version: "3.0", why: "the toy wants torch 3", when: ({ name }) => name === "new" }],
  rows: ({ options }) => ({
    ...{ max_length: Number(options["max_length"] ?? 8), per_device_train_batch_size: 1, packing: false },
    ...{ gradient_accumulation_steps: 1, packing_strategy: "none", packed_by: undefined, is_padded: false },
    ...{ optimizer_states: 0, clips: false, sequences_per_row: 1 },
  }),
  lighterOptimizers: () => [],
  packages: () => [],
  judgeRows: async () => [],
  lossInWords: () => undefined,
  keepsRouterLogits: () => false,
  makesLogits: () => false,
  hasReference: false,
  unplayed: undefined,
  toyOptions: () => ({}),
  starter: () => [],
};

const trainer: Trainer = {
  name: "toy-trainer",
  releases: [{ version: "2.0.0", pairs: [{ engine: "1.0.0", tasks: [task] }] }],
  rules: { plan: [], config: [], model: [], mesh: [] },
  issues: { plan: [], model: [], reported: [] },
  files: async ({ plan }) => [{ path: "train.py", content: `print("${plan.name}")\n` }],
};

export const fakeStacks: Stacks = {
  engines: [engine],
  trainers: [trainer],
  tested: { transformers: "1", trl: "1", accelerate: "1.0", torch: "2.15.0" },
};
