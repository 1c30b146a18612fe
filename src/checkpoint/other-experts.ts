import type { Case } from "../diagnostics/case.ts";
import { PLN2113 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type ExpertSizes, expertsIn } from "../model/storage.ts";
import { fileStart } from "../text/location.ts";
import { count, plural } from "../text/words.ts";
import { hasShape, type StoredLayer } from "./layout.ts";
import { shapeInWords, shown } from "./scanner.ts";
import { shapeOf } from "./shapes.ts";
import type { Slot } from "./slots.ts";
import type { ExpertTensor } from "./sort.ts";
import { few } from "./words.ts";

/** Tensors of other shapes, of experts and in layers that there should not be. One message for each kind. */
export function others(folder: string, layers: readonly StoredLayer[], sizes: ExpertSizes): Diagnostic[] {
  const place = ({ file }: ExpertTensor) => fileStart(`${folder}/${file}`);
  const expected = new Set(sizes.layers);
  const misshapen: { slot: Slot; each: ExpertTensor }[] = [];
  const surplus: ExpertTensor[] = [];
  const dense: Diagnostic[] = [];
  for (const { layer, slots } of layers) {
    const first = slots.find(({ tensors }) => tensors.length > 0)?.tensors[0];
    if (first !== undefined && !expected.has(layer)) {
      dense.push(PLN2113(place(first), { layer, tensor: shown(first.tensor.name) }, { variant: "dense" }));
    }
    for (const { slot, tensors } of slots) {
      for (const each of tensors) {
        if (slot.isPerExpert && each.expert >= expertsIn(slot.memory, sizes)) surplus.push(each);
        else if (!hasShape(each.tensor.shape, slot, sizes)) misshapen.push({ slot, each });
      }
    }
  }
  const more = (rest: number) => PLN2113(fileStart(folder), { more: rest }, { variant: "more" });
  const found = few(dense, (diagnostic) => diagnostic, more);
  // One wrong size in config.json makes many shapes wrong.
  const [wrong] = misshapen;
  if (wrong !== undefined) {
    const { slot, each } = wrong;
    const wanted = shapeInWords(shapeOf(slot.layout, slot.memory, slot.part, sizes) ?? []);
    const values = { tensor: shown(each.tensor.name), shape: shapeInWords(each.tensor.shape), wanted };
    const number = misshapen.length - 1;
    const others = { others: plural(number, "other tensor"), are: number === 1 ? "is" : "are" };
    found.push(
      misshapen.length === 1
        ? PLN2113(place(each), values)
        : PLN2113(place(each), { ...values, ...others }, { variant: "many" }),
    );
  }
  const [extra, ...rest] = surplus;
  const { num_experts: experts } = sizes;
  if (extra !== undefined) {
    const values = { tensor: andMore(extra, rest.length), expert: extra.expert, experts, last: experts - 1 };
    found.push(PLN2113(place(extra), values, { variant: "expert" }));
  }
  return found;
}

function andMore({ tensor }: ExpertTensor, more: number): string {
  return more === 0 ? shown(tensor.name) : `${shown(tensor.name)}, as ${count(more)} more,`;
}

export const cases: readonly Case[] = [
  {
    name: "a shape of its own",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["fused", "fused"],
        with: { "model.layers.0.mlp.experts.gate_proj": ["BF16", [3, 8, 25]] },
      },
    },
    plan: `
model: { checkpoint: ./model, layout: fused }
#@ model/model.safetensors 1:[01:01) PLN2113 model.layers.0.mlp.experts.gate_proj is [3, 8, 25]; by config.json it is [3, 8, 24]
#@   help: take the config.json that was saved with these files
`,
  },
  {
    name: "two shapes, and an expert behind the last",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.layers.0.mlp.experts.0.gate_proj.weight": ["BF16", [8, 25]],
          "model.layers.0.mlp.experts.0.up_proj.weight": ["BF16", [8, 25]],
          "model.layers.1.mlp.experts.3.up_proj.weight": ["BF16", [8, 24]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors 1:[01:01) PLN2113 model.layers.0.mlp.experts.0.gate_proj.weight is [8, 25]; by config.json it is [8, 24]; 1 other tensor of experts is not as it says either
#@   help: take the config.json that was saved with these files
#@ model/model.safetensors 1:[01:01) PLN2113 model.layers.1.mlp.experts.3.up_proj.weight is of expert 3; config.json has 3, the last is 2
#@   help: take the config.json that was saved with these files
`,
  },
  {
    name: "experts in layers that config.json makes dense",
    config: {
      of: "toy",
      with: { num_hidden_layers: 8, mlp_only_layers: [0, 1, 2, 3, 4, 5, 6] },
    },
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"lm_head.weight": "lost.safetensors", "model.layers.0.mlp.experts.gate_up_proj": "a.safetensors", "model.layers.1.mlp.experts.gate_up_proj": "a.safetensors", "model.layers.2.mlp.experts.gate_up_proj": "a.safetensors", "model.layers.3.mlp.experts.gate_up_proj": "a.safetensors", "model.layers.4.mlp.experts.gate_up_proj": "a.safetensors", "model.layers.5.mlp.experts.gate_up_proj": "a.safetensors", "model.layers.6.mlp.experts.gate_up_proj": "a.safetensors"}}',
      "model/a.safetensors": {
        tensors: {
          "model.layers.0.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.1.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.2.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.3.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.4.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.5.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
          "model.layers.6.mlp.experts.gate_up_proj": ["BF16", [3, 16, 24]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model, layout: gate_up }
#@ model/a.safetensors 1:[01:01) PLN2113 layer 0 holds experts (model.layers.0.mlp.experts.gate_up_proj); by config.json it has none
#@   help: take the config.json that was saved with these files
#@ model/a.safetensors 1:[01:01) PLN2113 layer 1 holds experts (model.layers.1.mlp.experts.gate_up_proj); by config.json it has none
#@   help: take the config.json that was saved with these files
#@ model/a.safetensors 1:[01:01) PLN2113 layer 2 holds experts (model.layers.2.mlp.experts.gate_up_proj); by config.json it has none
#@   help: take the config.json that was saved with these files
#@ model/a.safetensors 1:[01:01) PLN2113 layer 3 holds experts (model.layers.3.mlp.experts.gate_up_proj); by config.json it has none
#@   help: take the config.json that was saved with these files
#@ model/a.safetensors 1:[01:01) PLN2113 layer 4 holds experts (model.layers.4.mlp.experts.gate_up_proj); by config.json it has none
#@   help: take the config.json that was saved with these files
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 lost.safetensors is missing: the index puts 1 tensor in it, one of 2 files
#@   help: download what is missing: hf download continues where it stopped
#@ [49:56) PLN2113 2 more tensors of experts are not as config.json says
#@   help: take the config.json that was saved with these files
`,
  },
];
