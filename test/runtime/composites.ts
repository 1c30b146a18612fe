/** Models of several parts at toy size: no two of their widths agree, so that a stack that is turned fails to load. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { emitForward } from "../../src/engines/transformers/files/forward.ts";
import { emitTrain } from "../../src/trainers/trl/files/train.ts";
import { compilePlan, sft } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { type Job, ownProgram } from "../python/jobs.ts";
import { toyConfig } from "./toy-bundle.ts";

type Tree = Readonly<Record<string, unknown>>;

export interface Composite {
  readonly config: Tree;
  readonly architecture: string;
  readonly towers: readonly string[];
  readonly layout: string;
  /**
   * Left out, its rows are packed. Layers that are no attention keep documents apart on GPUs alone, and glm4v_moe makes its
   * masks without the positions of packed rows.
   */
  readonly packed?: false;
  /** Published names of those in memory: patterns and what takes their place, one after another. */
  readonly stored: readonly (readonly [string, string])[];
  /** Layout → parameter in memory → the tensors that it is stored as. */
  readonly experts: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface Mesh {
  readonly fsdp_size: number;
  readonly ep_size: number;
  readonly tp_size?: number;
}

const text = {
  vocab_size: 96,
  hidden_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  intermediate_size: 44,
  moe_intermediate_size: 20,
  num_experts_per_tok: 2,
  max_position_embeddings: 64,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
  tie_word_embeddings: false,
};

const vision = {
  hidden_size: 32,
  num_hidden_layers: 1,
  depth: 1,
  num_heads: 2,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  head_dim: 16,
  global_head_dim: 16,
  intermediate_size: 24,
  out_hidden_size: 48,
  patch_size: 4,
  image_size: 16,
  num_position_embeddings: 16,
  deepstack_visual_indexes: [0],
};

const audio = {
  d_model: 32,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 24,
  output_dim: 48,
  downsample_hidden_size: 8,
};

const latent = {
  kv_lora_rank: 16,
  q_lora_rank: 20,
  qk_nope_head_dim: 12,
  qk_rope_head_dim: 4,
  v_head_dim: 10,
  num_key_value_heads: 4,
  head_dim: 4,
};

const deepseek = { n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1, n_group: 1, topk_group: 1 };

function rope(...mrope_section: readonly number[]) {
  return { rope_parameters: { rope_type: "default", rope_theta: 10000, mrope_section } };
}

/** Both ways of storing experts [E, 2I, H] and [E, H, I] whose module has this name in memory, and this as stored. */
function experts(memory: string, stored = memory) {
  const module = `${memory}.experts`;
  const matrices = (part: string) => `${stored}.experts.{expert}.${part}_proj.weight`;
  return {
    per_expert: {
      [`${module}.gate_up_proj`]: [matrices("gate"), matrices("up")],
      [`${module}.down_proj`]: [matrices("down")],
    },
    gate_up: stacks(memory, stored),
  };
}

function stacks(memory: string, stored = memory) {
  return {
    [`${memory}.experts.gate_up_proj`]: [`${stored}.experts.gate_up_proj`],
    [`${memory}.experts.down_proj`]: [`${stored}.experts.down_proj`],
  };
}

const layer = "model.language_model.layers.{layer}";
const mlp = `${layer}.mlp`;

export const composites: Readonly<Record<string, Composite>> = {
  qwen3_5_moe: {
    config: {
      text_config: {
        ...text,
        num_experts: 12,
        shared_expert_intermediate_size: 28,
        linear_num_value_heads: 4,
        linear_num_key_heads: 2,
        linear_key_head_dim: 8,
        linear_value_head_dim: 8,
        num_hidden_layers: 4,
      },
      vision_config: vision,
    },
    architecture: "Qwen3_5MoeForConditionalGeneration",
    packed: false,
    towers: ["model.visual"],
    layout: "gate_up",
    stored: [],
    experts: experts(mlp),
  },
  // Published with the columns of every expert's matrix as rows, which is how it loads; what transformers saves does not.
  qwen3_vl_moe: {
    config: { text_config: { ...text, num_experts: 12, ...rope(4, 2, 2) }, vision_config: vision },
    architecture: "Qwen3VLMoeForConditionalGeneration",
    towers: ["model.visual"],
    layout: "gate_up_transposed",
    stored: [],
    experts: { gate_up_transposed: stacks(mlp) },
  },
  gemma4: {
    config: {
      text_config: {
        ...text,
        num_experts: 12,
        enable_moe_block: true,
        top_k_experts: 2,
        global_head_dim: 20,
        layer_types: ["sliding_attention", "full_attention"],
        vocab_size_per_layer_input: 96,
        hidden_size_per_layer_input: 0,
        tie_word_embeddings: true,
      },
      vision_config: vision,
      audio_config: null,
    },
    architecture: "Gemma4ForConditionalGeneration",
    towers: ["model.vision_tower", "model.embed_vision"],
    layout: "gate_up",
    stored: [],
    experts: { gate_up: stacks(layer) },
  },
  glm4v_moe: {
    config: {
      text_config: { ...text, ...deepseek, ...rope(1, 1, 2) },
      vision_config: vision,
    },
    architecture: "Glm4vMoeForConditionalGeneration",
    packed: false,
    towers: ["model.visual"],
    layout: "per_expert",
    stored: [],
    experts: experts(mlp),
  },
  // The part that writes is trained; the part that speaks comes from the base.
  qwen3_omni_moe: {
    config: {
      architectures: ["Qwen3OmniMoeForConditionalGeneration"],
      thinker_config: {
        text_config: { ...text, num_experts: 12, ...rope(4, 2, 2) },
        vision_config: vision,
        audio_config: audio,
      },
      talker_config: {
        thinker_hidden_size: 48,
        spatial_merge_size: 2,
        text_config: {
          ...text,
          num_experts: 14,
          hidden_size: 32,
          moe_intermediate_size: 12,
          shared_expert_intermediate_size: 28,
          ...rope(4, 2, 2),
        },
        code_predictor_config: { ...text, hidden_size: 32, num_hidden_layers: 1, num_code_groups: 2 },
        num_code_groups: 2,
      },
      code2wav_config: {
        hidden_size: 32,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 2,
        intermediate_size: 24,
        codebook_size: 16,
        num_quantizers: 2,
        decoder_dim: 32,
      },
      enable_audio_output: true,
    },
    architecture: "Qwen3OmniMoeThinkerForConditionalGeneration",
    towers: ["model.audio_tower", "model.visual"],
    layout: "per_expert",
    stored: [
      ["^model\\.language_model\\.", "thinker.model."],
      ["^lm_head\\.", "thinker.lm_head."],
    ],
    experts: experts(mlp, "thinker.model.layers.{layer}.mlp"),
  },
  // What transformers saves has other names, and its vision tower loads on a mesh with rows in another order.
  kimi_k25: {
    config: {
      text_config: { model_type: "deepseek_v3", ...text, ...latent, ...deepseek },
      vision_config: vision,
      tie_word_embeddings: false,
    },
    architecture: "Kimi_K25ForConditionalGeneration",
    towers: ["model.vision_tower", "model.mm_projector"],
    layout: "per_expert",
    stored: [
      ["^model\\.language_model\\.", "language_model.model."],
      ["^lm_head\\.", "language_model.lm_head."],
    ],
    experts: experts(mlp, "language_model.model.layers.{layer}.mlp"),
  },
};

function composite(model_type: string): Composite {
  const found = composites[model_type];
  if (found === undefined) throw new Error(`${model_type} has no toy`);
  return found;
}

/** A model's config.json. */
export function configOf(model_type: string): Tree {
  const { config, architecture } = composite(model_type);
  return { model_type, architectures: [architecture], ...config };
}

/** What a rehearsal trains with; packed rows hold several documents. */
const options = {
  max_length: 32,
  packing: true,
  packing_strategy: "bfd",
  per_device_train_batch_size: 1,
  learning_rate: 2e-4,
  save_steps: 2,
  logging_steps: 1,
  report_to: "none",
  disable_tqdm: true,
};

/**
 * Writes a bundle to `folder/bundle` and `folder/rehearsal.json` beside it: those of a toy on this mesh, whose programs are for
 * a model of several parts. Returns the job that gives the lock that model's tensors.
 */
export async function prepareComposite(folder: string, model_type: string, mesh: Mesh): Promise<Job> {
  const { architecture, towers, packed = true, ...rest } = composite(model_type);
  const { tp_size = 1, fsdp_size } = mesh;
  const sections = {
    cluster: { gpus_per_node: fsdp_size * tp_size },
    parallelism: { tp_size, ...mesh },
    recompute: "none",
  };
  const compile = async (own: Tree) => {
    const files = {
      "plan.yaml": JSON.stringify(plan({ ...sections, sft: own })),
      "config.json": JSON.stringify(toyConfig),
    };
    const { value, diagnostics } = await compilePlan(memoryHost(files), "plan.yaml");
    if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
    return value;
  };
  const first = await compile({ ...options, packing: packed });
  // Some of these classes fail where the router's loss is asked for.
  const toy = sft.toyOptions(first.checked.plan, { steps: 2, length: 32 });
  const reference = { ...toy, router_aux_loss_coef: 0 };
  const { checked, files } = await compile({ ...reference, save_strategy: "steps", save_steps: 2 });
  // Without rules of its own the program leaves expert parallelism to the release's plan for the class.
  const facts = { ...checked, epPlan: {}, model: { ...checked.model, model_type, architecture, towers } };
  const own = [emitTrain(facts as never), emitForward(facts as never)];
  const kept = files.filter(({ path }) => own.every((file) => file.path !== path));
  mkdirSync(folder, { recursive: true });
  const wrote = writeBundle(nodeHost, join(folder, "bundle"), [...kept, ...own]);
  if (wrote.value === undefined) throw new Error(wrote.diagnostics.map(({ message }) => message).join("; "));

  const config = configOf(model_type);
  const rehearsal = {
    toy: { text: JSON.stringify(config), changes: {}, without: [] },
    world_size: fsdp_size * tp_size,
    distinct_batches: fsdp_size,
    trainer: tp_size === 1,
    ep_implementation: checked.plan.parallelism.ep_implementation,
    task: checked.plan.task,
    max_length: 32,
    packed,
    rows: 64,
    seconds: 1e6,
    reference: { ...reference, gradient_checkpointing: false, gradient_accumulation_steps: fsdp_size },
  };
  // JavaScript would write the coefficient as an integer, which transformers does not take.
  const written = JSON.stringify(rehearsal).replace('"router_aux_loss_coef":0', '"router_aux_loss_coef":0.0');
  writeFileSync(join(folder, "rehearsal.json"), written);
  const spec = { architecture, towers, ...rest, config, per_token: text.num_experts_per_tok };
  return {
    program: ownProgram("composite_lock.py"),
    arguments: [join(folder, "bundle"), JSON.stringify(spec)],
    world: 1,
    folder,
  };
}

/** Makes the toy, trains it on the ranks and in one process, and compares: `planc_runtime.rehearsal`. */
export function rehearseComposite(folder: string): Job {
  const path = join(folder, "bundle");
  const program = join(path, "planc_runtime/rehearsal/__main__.py");
  return { program, arguments: [folder], world: 1, folder, path };
}
