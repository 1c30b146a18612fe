import type { Case } from "../diagnostics/case.ts";
import { PLN2135 } from "../diagnostics/catalogue/weights.ts";
/**
 * What seems to be missing in a checkpoint of a family that planc has no table of: layers of one kind have the same
 * tensors, so that a single layer which lacks a few of them is told. A guess, and a warning.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { andList, plural } from "../text/words.ts";
import type { Reading } from "./reading.ts";
import { shown } from "./scanner.ts";
import { few } from "./words.ts";

/** Tensors that a layer may lack and still be one of that kind. */
const most = 3;

export function uneven(folder: string, reading: Reading): Diagnostic[] {
  const place = fileStart(folder);
  const found = [...layersByStem(reading)].flatMap(([, layers]) => lacking(layers));
  return few(
    found,
    ({ layer, lacks, like }) => {
      const tensor = andList(lacks.map((pattern) => shown(pattern.replace("*", String(layer)))));
      return PLN2135(place, { layer, tensor, like: plural(like, "other layer") });
    },
    (more) => PLN2135(place, { more }, { variant: "more" }),
  );
}

type Layers = Map<number, Set<string>>;

/** What stands in front of a layer's number → the layer → patterns of the tensors in it. */
function layersByStem({ sorted }: Reading): ReadonlyMap<string, Layers> {
  const stems = new Map<string, Layers>();
  const add = (pattern: string, layer: number) => {
    const stem = pattern.slice(0, pattern.indexOf("*"));
    const layers: Layers = stems.get(stem) ?? new Map();
    stems.set(stem, layers.set(layer, (layers.get(layer) ?? new Set()).add(pattern)));
  };
  for (const { pattern, numbers } of sorted.beside) if (numbers[0] !== undefined) add(pattern, numbers[0]);
  for (const { layers } of sorted.experts) {
    for (const [layer, patterns] of layers) for (const pattern of patterns.keys()) add(pattern, layer);
  }
  return stems;
}

function lacking(layers: Layers) {
  const kinds = new Map<string, { readonly has: ReadonlySet<string>; readonly layers: number[] }>();
  for (const [layer, has] of layers) {
    const key = [...has].sort().join();
    const kind = kinds.get(key) ?? { has, layers: [] };
    kind.layers.push(layer);
    kinds.set(key, kind);
  }
  const all = [...kinds.values()];
  // The first and the last layer may be of a kind of their own.
  const numbers = [...layers.keys()].sort((a, b) => a - b);
  const isInner = (layer: number) => layer !== numbers[0] && layer !== numbers.at(-1);
  return all
    .filter((kind) => kind.layers.length === 1 && kind.layers.every(isInner))
    .flatMap(({ has, layers: [layer = 0] }) => {
      const like = all.find((other) => other.layers.length > 1 && isLess(has, other.has));
      if (like === undefined) return [];
      return [{ layer, lacks: [...like.has].filter((pattern) => !has.has(pattern)), like: like.layers.length }];
    });
}

function isLess(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  const more = all.size - some.size;
  return more > 0 && more <= most && [...some].every((pattern) => all.has(pattern));
}

export const cases: readonly Case[] = [
  {
    name: "a layer lacks what the others have, in a family of which the experts alone are known",
    config: {
      text: '{"model_type": "qwen3_5_moe", "text_config": {"hidden_size": 24, "moe_intermediate_size": 1, "num_experts": 1, "num_hidden_layers": 4}}',
    },
    files: {
      "model/model.safetensors": {
        tensors: {
          "model.language_model.layers.0.input_layernorm.weight": ["BF16", [24]],
          "model.language_model.layers.0.mlp.experts.gate_up_proj": ["BF16", [1, 2, 24]],
          "model.language_model.layers.0.mlp.experts.down_proj": ["BF16", [1, 24, 1]],
          "model.language_model.layers.1.mlp.experts.gate_up_proj": ["BF16", [1, 2, 24]],
          "model.language_model.layers.1.mlp.experts.down_proj": ["BF16", [1, 24, 1]],
          "model.language_model.layers.2.input_layernorm.weight": ["BF16", [24]],
          "model.language_model.layers.2.mlp.experts.gate_up_proj": ["BF16", [1, 2, 24]],
          "model.language_model.layers.2.mlp.experts.down_proj": ["BF16", [1, 24, 1]],
          "model.language_model.layers.3.input_layernorm.weight": ["BF16", [24]],
          "model.language_model.layers.3.mlp.experts.gate_up_proj": ["BF16", [1, 2, 24]],
          "model.language_model.layers.3.mlp.experts.down_proj": ["BF16", [1, 24, 1]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 1:[31:44) | «"text_config"» | PLN2011 num_experts_per_tok 8 is more than the 1 experts there are
#@   related model/config.json 1:[109:110) | «1» | num_experts is 1 here
#@   related 1:[18:35) the plan names this config here
#@ [49:56) PLN2135 warning: layer 1 lacks model.language_model.layers.1.input_layernorm.weight, which 3 other layers of its kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
`,
  },
  {
    name: "more such layers than a reader takes in",
    config: {
      text: '{"model_type": "qwen3_5_moe", "text_config": {"hidden_size": 24, "moe_intermediate_size": 1, "num_experts": 1, "num_hidden_layers": 11}}',
    },
    files: {
      "model/model.safetensors": {
        tensors: {
          "model.language_model.layers.0.a.weight": ["BF16", [1]],
          "model.language_model.layers.0.b.weight": ["BF16", [1]],
          "model.language_model.layers.0.c.weight": ["BF16", [1]],
          "model.language_model.layers.0.d.weight": ["BF16", [1]],
          "model.language_model.layers.0.e.weight": ["BF16", [1]],
          "model.language_model.layers.0.f.weight": ["BF16", [1]],
          "model.language_model.layers.0.g.weight": ["BF16", [1]],
          "model.language_model.layers.1.b.weight": ["BF16", [1]],
          "model.language_model.layers.1.c.weight": ["BF16", [1]],
          "model.language_model.layers.1.d.weight": ["BF16", [1]],
          "model.language_model.layers.1.e.weight": ["BF16", [1]],
          "model.language_model.layers.1.f.weight": ["BF16", [1]],
          "model.language_model.layers.1.g.weight": ["BF16", [1]],
          "model.language_model.layers.2.a.weight": ["BF16", [1]],
          "model.language_model.layers.2.c.weight": ["BF16", [1]],
          "model.language_model.layers.2.d.weight": ["BF16", [1]],
          "model.language_model.layers.2.e.weight": ["BF16", [1]],
          "model.language_model.layers.2.f.weight": ["BF16", [1]],
          "model.language_model.layers.2.g.weight": ["BF16", [1]],
          "model.language_model.layers.3.a.weight": ["BF16", [1]],
          "model.language_model.layers.3.b.weight": ["BF16", [1]],
          "model.language_model.layers.3.d.weight": ["BF16", [1]],
          "model.language_model.layers.3.e.weight": ["BF16", [1]],
          "model.language_model.layers.3.f.weight": ["BF16", [1]],
          "model.language_model.layers.3.g.weight": ["BF16", [1]],
          "model.language_model.layers.4.a.weight": ["BF16", [1]],
          "model.language_model.layers.4.b.weight": ["BF16", [1]],
          "model.language_model.layers.4.c.weight": ["BF16", [1]],
          "model.language_model.layers.4.e.weight": ["BF16", [1]],
          "model.language_model.layers.4.f.weight": ["BF16", [1]],
          "model.language_model.layers.4.g.weight": ["BF16", [1]],
          "model.language_model.layers.5.a.weight": ["BF16", [1]],
          "model.language_model.layers.5.b.weight": ["BF16", [1]],
          "model.language_model.layers.5.c.weight": ["BF16", [1]],
          "model.language_model.layers.5.d.weight": ["BF16", [1]],
          "model.language_model.layers.5.f.weight": ["BF16", [1]],
          "model.language_model.layers.5.g.weight": ["BF16", [1]],
          "model.language_model.layers.6.a.weight": ["BF16", [1]],
          "model.language_model.layers.6.b.weight": ["BF16", [1]],
          "model.language_model.layers.6.c.weight": ["BF16", [1]],
          "model.language_model.layers.6.d.weight": ["BF16", [1]],
          "model.language_model.layers.6.e.weight": ["BF16", [1]],
          "model.language_model.layers.6.g.weight": ["BF16", [1]],
          "model.language_model.layers.7.a.weight": ["BF16", [1]],
          "model.language_model.layers.7.b.weight": ["BF16", [1]],
          "model.language_model.layers.7.c.weight": ["BF16", [1]],
          "model.language_model.layers.7.d.weight": ["BF16", [1]],
          "model.language_model.layers.7.e.weight": ["BF16", [1]],
          "model.language_model.layers.7.f.weight": ["BF16", [1]],
          "model.language_model.layers.8.a.weight": ["BF16", [1]],
          "model.language_model.layers.8.b.weight": ["BF16", [1]],
          "model.language_model.layers.8.c.weight": ["BF16", [1]],
          "model.language_model.layers.8.d.weight": ["BF16", [1]],
          "model.language_model.layers.8.e.weight": ["BF16", [1]],
          "model.language_model.layers.8.f.weight": ["BF16", [1]],
          "model.language_model.layers.8.g.weight": ["BF16", [1]],
          "model.language_model.layers.9.a.weight": ["BF16", [1]],
          "model.language_model.layers.9.b.weight": ["BF16", [1]],
          "model.language_model.layers.9.c.weight": ["BF16", [1]],
          "model.language_model.layers.9.d.weight": ["BF16", [1]],
          "model.language_model.layers.9.e.weight": ["BF16", [1]],
          "model.language_model.layers.9.f.weight": ["BF16", [1]],
          "model.language_model.layers.9.g.weight": ["BF16", [1]],
          "model.language_model.layers.10.a.weight": ["BF16", [1]],
          "model.language_model.layers.10.b.weight": ["BF16", [1]],
          "model.language_model.layers.10.c.weight": ["BF16", [1]],
          "model.language_model.layers.10.d.weight": ["BF16", [1]],
          "model.language_model.layers.10.e.weight": ["BF16", [1]],
          "model.language_model.layers.10.f.weight": ["BF16", [1]],
          "model.language_model.layers.10.g.weight": ["BF16", [1]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 1:[31:44) | «"text_config"» | PLN2011 num_experts_per_tok 8 is more than the 1 experts there are
#@   related model/config.json 1:[109:110) | «1» | num_experts is 1 here
#@   related 1:[18:35) the plan names this config here
#@ [49:56) PLN2135 warning: layer 1 lacks model.language_model.layers.1.a.weight, which 4 other layers of its kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
#@ [49:56) PLN2135 warning: layer 2 lacks model.language_model.layers.2.b.weight, which 4 other layers of its kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
#@ [49:56) PLN2135 warning: layer 3 lacks model.language_model.layers.3.c.weight, which 4 other layers of its kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
#@ [49:56) PLN2135 warning: layer 4 lacks model.language_model.layers.4.d.weight, which 4 other layers of its kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
#@ [49:56) PLN2135 warning: layer 5 lacks model.language_model.layers.5.e.weight, which 4 other layers of its kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
#@ [49:56) PLN2135 warning: 2 more layers lack tensors that others of their kind have
#@   help: see that the files are whole: planc has no table of this family, and goes by the other layers
#@ [49:56) PLN2112 no tensor has the name of an expert of qwen3_5_moe: model.language_model.layers.0.mlp.experts.gate_up_proj is expected first
#@   help: see that config.json belongs to these files, and that the conversion which wrote them came to its end
`,
  },
];
