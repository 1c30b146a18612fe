import type { Case } from "../diagnostics/case.ts";
import { PLN2112, PLN2114 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type ExpertSizes, expertsIn } from "../model/storage.ts";
import { fileStart } from "../text/location.ts";
import { count, plural } from "../text/words.ts";
import { runsOf, type StoredLayer } from "./layout.ts";
import { others } from "./other-experts.ts";
import { shown } from "./scanner.ts";
import { nameIn, type Slot } from "./slots.ts";
import type { ExpertTensor } from "./sort.ts";
import { few, layersInWords } from "./words.ts";

/** What contradicts config.json in one set of experts. Missing ones count only where no file of the checkpoint is missing. */
export function judgeExperts(
  folder: string,
  layers: readonly StoredLayer[],
  sizes: ExpertSizes,
  isWhole: boolean,
): Diagnostic[] {
  return [
    ...mixed(folder, layers),
    ...(isWhole ? missing(folder, layers, sizes) : []),
    ...others(folder, layers, sizes),
  ];
}

function mixed(folder: string, layers: readonly StoredLayer[]): Diagnostic[] {
  const place = fileStart(folder);
  const runs = runsOf(layers);
  const layouts = runs.map((run) => `${layersInWords(run.layers)} as ${run.layout}`).join(", ");
  const pairs = new Map<string, StoredLayer[]>();
  for (const layer of layers) {
    if (layer.stray === undefined) continue;
    const pair = `${layer.layout} ${layer.stray.layout}`;
    const alike = pairs.get(pair);
    if (alike === undefined) pairs.set(pair, [layer]);
    else alike.push(layer);
  }
  const both = [...pairs.values()].flatMap((of) => {
    const [{ layout: first, stray } = { layout: "", stray: undefined }] = of;
    if (stray === undefined) return [];
    const words = holding(of.map(({ layer }) => layer));
    const values = { layers: words, first, second: stray.layout, tensor: shown(stray.tensor.name) };
    return [PLN2114(place, values, { variant: "both" })];
  });
  return runs.length > 1 ? [PLN2114(place, { layouts }), ...both] : both;
}

function missing(folder: string, layers: readonly StoredLayer[], sizes: ExpertSizes): Diagnostic[] {
  const place = fileStart(folder);
  const held = new Set(layers.map(({ layer }) => layer));
  const empty = sizes.layers.filter((layer) => !held.has(layer));
  const [experts, words] = [plural(sizes.num_experts, "expert"), holding(empty)];
  const without = empty.length > 0 ? [PLN2112(place, { layers: words, experts }, { variant: "layers" })] : [];
  const gaps = layers.flatMap((layer) => {
    const lacking = layer.slots.flatMap(({ slot, tensors }) =>
      gapIn(slot, layer.layer, tensors, expertsIn(slot.memory, sizes)),
    );
    const lost = lacking.reduce((sum, { missing }) => sum + missing, 0);
    const all = layer.slots.reduce((sum, { slot }) => sum + (slot.isPerExpert ? expertsIn(slot.memory, sizes) : 1), 0);
    return lost === 0
      ? []
      : [{ layer: layer.layer, missing: count(lost), all: count(all), tensor: lacking[0]?.first ?? "" }];
  });
  const partial = few(
    gaps,
    (values) => PLN2112(place, values),
    (more) => PLN2112(place, { more }, { variant: "more" }),
  );
  return [...without, ...partial];
}

function gapIn(slot: Slot, layer: number, tensors: readonly ExpertTensor[], experts: number) {
  const wanted = slot.isPerExpert ? experts : 1;
  const there = new Set(tensors.map(({ expert }) => expert).filter((expert) => expert < wanted));
  if (there.size === wanted) return [];
  let first = 0;
  while (there.has(first)) first++;
  return [{ missing: wanted - there.size, first: nameIn(slot, layer, first) }];
}

function holding(layers: readonly number[]): string {
  return `${layersInWords(layers)} ${layers.length === 1 ? "holds" : "hold"}`;
}

export const cases: readonly Case[] = [
  {
    name: "an expert's tensor is lost",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.layers.1.mlp.experts.2.down_proj.weight": undefined },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2112 layer 1 lacks 1 of its 9 tensors of experts, model.layers.1.mlp.experts.2.down_proj.weight first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
`,
  },
  {
    name: "a layer has no experts",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "gate_up"],
        with: {
          "model.layers.1.mlp.experts.gate_up_proj": undefined,
          "model.layers.1.mlp.experts.down_proj": undefined,
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2112 layer 1 holds no experts; config.json has 3 experts in each
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
`,
  },
  {
    name: "seven layers, in a family that is judged by its experts alone",
    config: {
      text: '{"model_type": "qwen3_5_moe", "text_config": {"hidden_size": 24, "moe_intermediate_size": 8, "num_experts": 3, "num_hidden_layers": 7}}',
    },
    files: {
      "model/model.safetensors": {
        tensors: {
          "model.language_model.layers.0.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.language_model.layers.1.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.language_model.layers.2.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.language_model.layers.3.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.language_model.layers.4.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.language_model.layers.5.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.language_model.layers.6.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 1:[31:44) | «"text_config"» | PLN2011 num_experts_per_tok 8 is more than the 3 experts there are
#@   related model/config.json 1:[109:110) | «3» | num_experts is 3 here
#@   related 1:[18:35) the plan names this config here
#@ [49:56) PLN2112 layer 0 lacks 1 of its 2 tensors of experts, model.language_model.layers.0.mlp.experts.down_proj first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
#@ [49:56) PLN2112 layer 1 lacks 1 of its 2 tensors of experts, model.language_model.layers.1.mlp.experts.down_proj first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
#@ [49:56) PLN2112 layer 2 lacks 1 of its 2 tensors of experts, model.language_model.layers.2.mlp.experts.down_proj first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
#@ [49:56) PLN2112 layer 3 lacks 1 of its 2 tensors of experts, model.language_model.layers.3.mlp.experts.down_proj first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
#@ [49:56) PLN2112 layer 4 lacks 1 of its 2 tensors of experts, model.language_model.layers.4.mlp.experts.down_proj first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
#@ [49:56) PLN2112 experts are missing in 2 more layers
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
`,
  },
  {
    name: "layers in two layouts",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["gate_up", "per_expert"] } },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2114 the experts are stored in several layouts: layer 0 as gate_up, layer 1 as per_expert
#@   help: convert the whole checkpoint again from the one that it was made of
`,
  },
  {
    name: "a layer in two layouts",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.layers.1.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.1.mlp.experts.down_proj": ["BF16", [3, 24, 8]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2114 layer 1 holds experts in two layouts, per_expert and gate_up (model.layers.1.mlp.experts.gate_up_proj)
#@   help: convert the whole checkpoint again from the one that it was made of
`,
  },
  {
    name: "all experts in one",
    shows: "nothing",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["gate_up", "gate_up"] } },
    plan: `
model: { config: model/config.json, checkpoint: ./model, layout: gate_up }
`,
  },
];
