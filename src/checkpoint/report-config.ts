import type { Case } from "../diagnostics/case.ts";
import { PLN2122 } from "../diagnostics/catalogue/weights-form.ts";
import { type Diagnostic, replaceWith } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import type { Explanation } from "./explain.ts";

/** The keys of a config.json that the weights contradict, each at its place and with its fix. */
export function contradicted(source: Source, explanations: readonly Explanation[]): Diagnostic[] {
  return explanations.map(({ trace, have }) => {
    const { path, isWritten, value } = trace;
    const values = { key: path.join("."), said: words(value), have: words(have) };
    if (!isWritten && value === undefined) {
      const help = `write it: ${JSON.stringify(path.at(-1))}: ${values.have}`;
      return PLN2122(source.at(path.slice(0, -1)), values, { variant: "needed", help });
    }
    if (!isWritten) {
      return PLN2122(source.at(path.slice(0, -1)), values, { variant: "absent" });
    }
    const place = source.at(path);
    return PLN2122(place, values, { fixes: [replaceWith(place, JSON.stringify(have))] });
  });
}

function words(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export const cases: readonly Case[] = [
  {
    name: "a key that the weights contradict",
    config: { of: "toy", with: { num_key_value_heads: 8 } },
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
#@ model/config.json 25:[26:27) | "num_key_value_heads": «8», | PLN2122 config.json says num_key_value_heads 8; the weights have 4
#@   help: take the config.json that was saved with these files, or download the files again
#@   fix "change it to 4" -> fine
`,
  },
  {
    name: "two of them: each stays when the other is mended",
    config: { of: "toy", with: { vocab_size: 11, num_key_value_heads: 8 } },
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/config.json 25:[26:27) | "num_key_value_heads": «8», | PLN2122 config.json says num_key_value_heads 8; the weights have 4
#@   help: take the config.json that was saved with these files, or download the files again
#@   fix "change it to 4" -> PLN2122
#@ model/config.json 37:[17:19) | "vocab_size": «11» | PLN2122 config.json says vocab_size 11; the weights have 10
#@   help: take the config.json that was saved with these files, or download the files again
#@   fix "change it to 10" -> PLN2122
`,
  },
  {
    name: "a key whose default they contradict",
    config: { of: "toy", with: { attention_bias: undefined } },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.layers.0.self_attn.q_proj.bias": ["BF16", [4096]],
          "model.layers.0.self_attn.k_proj.bias": ["BF16", [512]],
          "model.layers.0.self_attn.v_proj.bias": ["BF16", [512]],
          "model.layers.0.self_attn.o_proj.bias": ["BF16", [24]],
          "model.layers.1.self_attn.q_proj.bias": ["BF16", [4096]],
          "model.layers.1.self_attn.k_proj.bias": ["BF16", [512]],
          "model.layers.1.self_attn.v_proj.bias": ["BF16", [512]],
          "model.layers.1.self_attn.o_proj.bias": ["BF16", [24]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/config.json 1:[01:02) | «{» | PLN2122 config.json leaves attention_bias out, which makes it false; the weights have true
#@   help: take the config.json that was saved with these files, or download the files again
`,
  },
  {
    name: "a key that has no default",
    config: { of: "toy", with: { head_dim: undefined } },
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/config.json 1:[01:02) | «{» | PLN2122 config.json leaves head_dim out; the weights have 128
#@   help: write it: "head_dim": 128
#@ model/config.json 20:[26:28) | "num_attention_heads": «32», | PLN2043 rotary positions turn pairs of dims, and num_attention_heads 32 gives a head 0 of them
#@   related 1:[18:35) the plan names this config here
#@ rest | parallelism: { ep_size: «1», fsdp_size: 3 } | PLN5006 warning: a step fits a h100-sxm-80gb until the fullest rank gets 1 times its share of the assignments; with all that it can get, 1 times, it needs NaN B of 79.6 GiB
#@   help: runs get to about 1.5 times; shard over more ranks
`,
  },
  {
    name: "a config.json of these weights",
    shows: "nothing",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
model: { config: model/config.json, checkpoint: model }
`,
  },
];
