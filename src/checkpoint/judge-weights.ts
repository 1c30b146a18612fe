import type { Case, CaseTensor, Examples } from "../diagnostics/case.ts";
import { PLN2112 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN2132, PLN2133 } from "../diagnostics/catalogue/weights.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Storage } from "../model/storage.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { orList } from "../text/words.ts";
import { explain } from "./explain.ts";
import { familiesByNames } from "./family-names.ts";
import type { Checkpoint } from "./folder.ts";
import { claimOf, type Form } from "./form.ts";
import { judgeExperts } from "./judge.ts";
import type { Names } from "./names.ts";
import { lostLayers, type Reading, read } from "./reading.ts";
import { judgeClaim } from "./report-claim.ts";
import { contradicted } from "./report-config.ts";
import { misshapen, missing } from "./report-dense.ts";
import { judgeDtype, judgeFormats } from "./report-form.ts";
import { unread, wrapped } from "./report-unread.ts";
import { shown } from "./scanner.ts";
import { nameIn, slotsOf } from "./slots.ts";
import { judgeTied } from "./tied.ts";
import { uneven } from "./uneven.ts";

interface Weights {
  readonly checkpoint: Checkpoint;
  readonly names: Names;
  readonly form: Form;
  readonly source: Source;
  readonly storage: Storage;
  /** By the config.json as it is. */
  readonly reading: Reading;
}

interface Judged {
  /** By the config.json as the weights would have it. */
  readonly reading: Reading;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Everything in which the tensors of a checkpoint and a config.json disagree. What is missing counts only where no file
 * is missing, and what a wrong key of config.json explains is said of that key alone.
 */
export function judgeWeights(host: Host, weights: Weights): Judged {
  const { checkpoint, names, form, source, storage } = weights;
  const { folder, isWhole } = checkpoint;
  const { model_type } = storage;
  const { config } = weights.reading;
  const claim = judgeClaim(folder, source, config, form, names.all);
  const { explanations, reading } = isWhole
    ? explain(weights.reading, (changed) => read(names.all, source, changed, storage))
    : { explanations: [], reading: weights.reading };
  const others = isWhole ? otherFamily({ ...weights, reading }) : [];
  if (others.length > 0) {
    const values = { said: model_type, have: orList(others) };
    const found = [...claim, PLN2133(source.at(["model_type"]), values)];
    return { reading: weights.reading, diagnostics: found };
  }
  const lost = isWhole ? lostLayers(reading) : [];
  const isPlain = claimOf(config) === undefined || reading.table.rows.length > 0;
  return {
    reading,
    diagnostics: [
      ...claim,
      ...contradicted(source, explanations),
      ...(names.isBare ? [bare(folder, names)] : []),
      ...(isWhole ? missing(folder, reading, lost) : []),
      ...(isWhole && reading.table.rows.length === 0 ? uneven(folder, reading) : []),
      ...experts(weights, reading, lost),
      ...misshapen(folder, reading.dense.misshapen),
      ...wrapped(folder, names.all),
      ...unread(folder, model_type, reading),
      ...judgeTied(host, checkpoint, reading),
      ...(isPlain ? judgeFormats(folder, reading, names.all) : []),
      ...(form.method === "plain" ? judgeDtype(folder, source, config, reading) : []),
    ],
  };
}

/** Families of whose names the tensors are, where they are not of the one that config.json says. */
function otherFamily({ names, source, storage, reading }: Weights): string[] {
  const { counts } = reading.defects;
  const isOther = [...counts.keys()].some((key) => key.startsWith("unread")) || reading.sets.every(isEmpty);
  const known = isOther && counts.size > 0 ? familiesByNames(names.all, source, reading.config) : [];
  return known.includes(storage.model_type) ? [] : known;
}

function bare(folder: string, { all }: Names): Diagnostic {
  const first = all.find(({ tensor }) => tensor.name.startsWith("layers."));
  const place = fileStart(first === undefined ? folder : `${folder}/${first.file}`);
  return PLN2132(place, { tensor: shown(first?.tensor.name ?? "") });
}

function experts({ checkpoint, storage }: Weights, { sets }: Reading, lost: readonly number[]): Diagnostic[] {
  const { folder, isWhole } = checkpoint;
  if (!sets.every(isEmpty)) {
    return sets.flatMap(({ layers, sizes }) => {
      const own = { ...sizes, layers: sizes.layers.filter((layer) => !lost.includes(layer)) };
      return judgeExperts(folder, layers, own, isWhole);
    });
  }
  const [first] = storage.experts;
  if (!isWhole || first === undefined) return [];
  const slot = slotsOf(first).find(({ layout }) => layout === storage.published);
  const tensor = slot === undefined ? "" : nameIn(slot, sets[0]?.sizes.layers[0] ?? 0, 0);
  return [PLN2112(fileStart(folder), { model_type: storage.model_type, tensor }, { variant: "none" })];
}

function isEmpty({ layers }: Reading["sets"][number]): boolean {
  return layers.length === 0;
}

/** One layer of mixtral in the sizes of the toy. */
const mixtral: Readonly<Record<string, CaseTensor>> = {
  "model.embed_tokens.weight": ["BF16", [10, 24]],
  "model.norm.weight": ["BF16", [24]],
  "lm_head.weight": ["BF16", [10, 24]],
  "model.layers.0.self_attn.q_proj.weight": ["BF16", [4096, 24]],
  "model.layers.0.self_attn.k_proj.weight": ["BF16", [512, 24]],
  "model.layers.0.self_attn.v_proj.weight": ["BF16", [512, 24]],
  "model.layers.0.self_attn.o_proj.weight": ["BF16", [24, 4096]],
  "model.layers.0.block_sparse_moe.gate.weight": ["BF16", [3, 24]],
  "model.layers.0.input_layernorm.weight": ["BF16", [24]],
  "model.layers.0.post_attention_layernorm.weight": ["BF16", [24]],
  "model.layers.0.block_sparse_moe.experts.0.w1.weight": ["BF16", [8, 24]],
  "model.layers.0.block_sparse_moe.experts.0.w3.weight": ["BF16", [8, 24]],
  "model.layers.0.block_sparse_moe.experts.0.w2.weight": ["BF16", [24, 8]],
  "model.layers.0.block_sparse_moe.experts.1.w1.weight": ["BF16", [8, 24]],
  "model.layers.0.block_sparse_moe.experts.1.w3.weight": ["BF16", [8, 24]],
  "model.layers.0.block_sparse_moe.experts.1.w2.weight": ["BF16", [24, 8]],
  "model.layers.0.block_sparse_moe.experts.2.w1.weight": ["BF16", [8, 24]],
  "model.layers.0.block_sparse_moe.experts.2.w3.weight": ["BF16", [8, 24]],
  "model.layers.0.block_sparse_moe.experts.2.w2.weight": ["BF16", [24, 8]],
};

export const examples: Examples = {
  PLN2133: {
    config: { of: "toy", with: { num_hidden_layers: 1, intermediate_size: 8 } },
    files: { "model/model.safetensors": { tensors: mixtral } },
  },
};

export const cases: readonly Case[] = [
  {
    name: "names that no expert has",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["gate_up", "gate_up"],
        with: {
          "model.layers.0.mlp.experts.gate_up_proj": undefined,
          "model.layers.0.mlp.experts.down_proj": undefined,
          "model.layers.1.mlp.experts.gate_up_proj": undefined,
          "model.layers.1.mlp.experts.down_proj": undefined,
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2112 no tensor has the name of an expert of qwen3_moe: model.layers.0.mlp.experts.0.gate_proj.weight is expected first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
`,
  },
  {
    name: "names as in the inner model",
    config: { of: "toy", with: { num_hidden_layers: 1 } },
    files: {
      "model/model.safetensors": {
        tensors: {
          "embed_tokens.weight": ["BF16", [10, 24]],
          "norm.weight": ["BF16", [24]],
          "lm_head.weight": ["BF16", [10, 24]],
          "layers.0.self_attn.q_proj.weight": ["BF16", [4096, 24]],
          "layers.0.self_attn.k_proj.weight": ["BF16", [512, 24]],
          "layers.0.self_attn.v_proj.weight": ["BF16", [512, 24]],
          "layers.0.self_attn.o_proj.weight": ["BF16", [24, 4096]],
          "layers.0.self_attn.q_norm.weight": ["BF16", [128]],
          "layers.0.self_attn.k_norm.weight": ["BF16", [128]],
          "layers.0.mlp.gate.weight": ["BF16", [3, 24]],
          "layers.0.input_layernorm.weight": ["BF16", [24]],
          "layers.0.post_attention_layernorm.weight": ["BF16", [24]],
          "layers.0.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "layers.0.mlp.experts.down_proj": ["BF16", [3, 24, 8]],
        },
      },
    },
    plan: `
model: { checkpoint: ./model, layout: gate_up }
#@ model/model.safetensors 1:[01:01) PLN2132 warning: the tensors are named as those of the inner model, without model. (layers.0.self_attn.q_proj.weight)
#@   help: transformers adds the prefix as it loads; converters and other programs do not: save the causal model instead
`,
  },
  {
    name: "names of another family",
    config: { of: "toy", with: { num_hidden_layers: 1 } },
    files: { "model/model.safetensors": { tensors: mixtral } },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/config.json 18:[17:28) | "model_type": «"qwen3_moe"», | PLN2133 config.json says model_type qwen3_moe; the tensors have the names of mixtral
#@   help: take the config.json that was saved with these files
`,
  },
  {
    name: "names of the same family",
    shows: "nothing",
    config: { of: "toy", with: { model_type: "mixtral", num_hidden_layers: 1, intermediate_size: 8 } },
    files: { "model/model.safetensors": { tensors: mixtral } },
    plan: `
model: { config: model/config.json, checkpoint: model }
`,
  },
];
