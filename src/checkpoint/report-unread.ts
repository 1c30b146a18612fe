import type { Case } from "../diagnostics/case.ts";
import { PLN2121 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { plural } from "../text/words.ts";
import type { Named } from "./names.ts";
import type { Reading } from "./reading.ts";
import { shown } from "./scanner.ts";
import { few, layersInWords } from "./words.ts";

const adapter = /(^|\.)(lora_|modules_to_save\.)/;

/** What nothing reads: an adapter's tensors, layers behind the model's own, and any others by their names. */
export function unread(folder: string, model_type: string, { dense, sorted, numLayers = 0 }: Reading): Diagnostic[] {
  const place = ({ file }: Named) => fileStart(`${folder}/${file}`);
  const behind = new Set(sorted.behind);
  const lora = dense.unread.filter(({ tensor }) => adapter.test(tensor.name));
  const further = dense.unread.filter((each) => behind.has(each) && !adapter.test(each.tensor.name));
  const found: Diagnostic[] = [];
  const [one] = lora;
  if (one !== undefined) {
    const values = { tensors: plural(lora.length, "tensor"), tensor: shown(one.tensor.name) };
    found.push(PLN2121(place(one), values, { variant: "adapter" }));
  }
  const [next] = further;
  if (next !== undefined) {
    const layers = layersInWords([...new Set(further.map(({ numbers }) => numbers[0] ?? 0))].sort((a, b) => a - b));
    const values = {
      ...{ tensors: plural(further.length, "tensor"), layers, count: plural(numLayers, "layer") },
      ...{ model_type, tensor: shown(next.tensor.name) },
    };
    found.push(PLN2121(place(next), values, { variant: "behind" }));
  }
  const byPattern = new Map<string, Named[]>();
  for (const each of dense.unread) {
    if (behind.has(each) || adapter.test(each.tensor.name)) continue;
    const alike = byPattern.get(each.pattern);
    if (alike === undefined) byPattern.set(each.pattern, [each]);
    else alike.push(each);
  }
  return [
    ...found,
    ...few(
      [...byPattern.values()],
      (alike) => likeIt(alike, model_type, place),
      (more) => PLN2121(fileStart(folder), { more }, { variant: "more" }),
    ),
  ];
}

function likeIt(alike: readonly Named[], model_type: string, place: (each: Named) => ReturnType<typeof fileStart>) {
  const [first, ...others] = alike as readonly [Named, ...Named[]];
  const values = { model_type, tensor: shown(first.tensor.name) };
  if (others.length === 0) return PLN2121(place(first), values);
  return PLN2121(place(first), { ...values, others: plural(others.length, "other") }, { variant: "many" });
}

/** Names that a training program's wrapper is still in, one message for each wrapper. */
export function wrapped(folder: string, names: readonly Named[]): Diagnostic[] {
  const by = new Map<string, Named[]>();
  for (const each of names) {
    if (each.wrapping === undefined) continue;
    const alike = by.get(each.wrapping.text);
    if (alike === undefined) by.set(each.wrapping.text, [each]);
    else alike.push(each);
  }
  return [...by.values()].flatMap((alike) => {
    const [first] = alike;
    if (first?.wrapping === undefined) return [];
    const { text: prefix, by: who } = first.wrapping;
    const values = { tensors: plural(alike.length, "tensor"), prefix, by: who, tensor: shown(first.tensor.name) };
    const help = `take ${prefix} off the names, as saving the model inside the wrapper does`;
    return [PLN2121(fileStart(`${folder}/${first.file}`), values, { variant: "wrapped", help })];
  });
}

export const cases: readonly Case[] = [
  {
    name: "what nothing reads: a name, a name in each layer, an adapter, a layer behind the last, and a wrapper",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.extra.weight": ["BF16", [2]],
          "model.layers.0.self_attn.sinks": ["BF16", [2]],
          "model.layers.1.self_attn.sinks": ["BF16", [2]],
          "model.layers.0.self_attn.q_proj.lora_A.weight": ["BF16", [2, 24]],
          "model.layers.2.eh_proj.weight": ["BF16", [2]],
          "model.norm.weight": undefined,
          "module.model.norm.weight": ["BF16", [24]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors 1:[01:01) PLN2121 the names of 1 tensor carry module. of DistributedDataParallel or DeepSpeed (module.model.norm.weight), under which nothing reads them
#@   help: take module. off the names, as saving the model inside the wrapper does
#@ model/model.safetensors 1:[01:01) PLN2121 the weights hold 1 tensor of an adapter (model.layers.0.self_attn.q_proj.lora_A.weight), for which the model has no place
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 1 tensor in layer 2, behind the 2 layers of config.json, which transformers does not pass over for qwen3_moe (model.layers.2.eh_proj.weight)
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.extra.weight
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.layers.0.self_attn.sinks, nor 1 other like it
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
`,
  },
  {
    name: "more names than a reader takes in",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.a.weight": ["BF16", [2]],
          "model.b.weight": ["BF16", [2]],
          "model.c.weight": ["BF16", [2]],
          "model.d.weight": ["BF16", [2]],
          "model.e.weight": ["BF16", [2]],
          "model.f.weight": ["BF16", [2]],
          "model.g.weight": ["BF16", [2]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.a.weight
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.b.weight
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.c.weight
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.d.weight
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ model/model.safetensors 1:[01:01) PLN2121 nothing in a qwen3_moe model of this config.json reads model.e.weight
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
#@ [49:54) PLN2121 tensors of 2 more names are read by nothing
#@   help: see that config.json belongs to these files; remove what is left over, and save under the model's own names
`,
  },
  {
    name: "a buffer of old checkpoints is passed over",
    shows: "nothing",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.layers.0.self_attn.rotary_emb.inv_freq": ["F32", [64]] },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
`,
  },
];
