import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { show } from "../../../text/values.ts";
import { andList } from "../../../text/words.ts";
import { expressionOf } from "../adapters/matching.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN4080 = diagnostic("PLN4080", {
  severity: "error",
  messages: {
    default: text`lora.${"key"} ${"value"} does not work: ${"why"}`,
  },
});

export const PLN4081 = diagnostic("PLN4081", {
  severity: "error",
  messages: {
    default: text`adapters of experts take no ${"key"}: ${"why"}`,
  },
  help: "leave it out, or adapt no experts",
});

export const PLN4082 = diagnostic("PLN4082", {
  severity: "error",
  messages: {
    default: text`lora.${"key"} has the pattern ${"pattern"}, which is the end of no target's name`,
    layers: text`lora.${"key"} has layer ${"pattern"}, but no target is in it`,
  },
});

/** Options of PEFT that bundles cannot keep to, alone or together with adapters of experts. */
export const loraOptions: Rule<ModelFacts> = {
  name: "lora-options",
  *check({ plan: { lora, written }, model, adapter }) {
    if (lora === undefined || adapter === undefined) return;
    const at = (key: string) => written.at(["lora", key]);
    if (lora.bias !== "none") {
      const biases = model.parameters.filter(({ name, buffer }) => !buffer && name.includes("bias"));
      const router = biases.find(({ kind }) => kind === "router");
      const why = `it trains parts of the model itself${router === undefined ? "" : `, ${router.name} among them`}, and bundles train and save adapters alone`;
      yield PLN4080(at("bias"), { key: "bias", value: lora.bias, why }, { fixes: [replaceWith(at("bias"), "none")] });
    }
    if (lora.modules_to_save !== undefined && lora.modules_to_save.length > 0) {
      const tied = model.tied ? ", and in this model head and embedding are one" : "";
      const why = `it trains a copy of whole modules, which the sharded model does not have${tied}`;
      const values = { key: "modules_to_save", value: show(lora.modules_to_save), why };
      yield PLN4080(at("modules_to_save"), values, { help: "leave it out" });
    }
    const init = lora.init_lora_weights;
    if (typeof init === "string" && init !== "gaussian") {
      const why = "it reads and changes whole matrices of the model, which are sharded";
      const location = at("init_lora_weights");
      yield PLN4080(
        location,
        { key: "init_lora_weights", value: init, why },
        { help: 'write true, false or "gaussian"', fixes: [replaceWith(location, "true")] },
      );
    }
    if (lora.layers_to_transform === undefined && lora.layers_pattern !== undefined) {
      const values = {
        key: "layers_pattern",
        value: show(lora.layers_pattern),
        why: "PEFT takes it with layers_to_transform alone",
      };
      yield PLN4080(at("layers_pattern"), values, { help: "write layers_to_transform, or leave it out" });
    }
    if (typeof lora.target_modules === "string" && lora.layers_to_transform !== undefined) {
      const values = {
        key: "layers_to_transform",
        value: show(lora.layers_to_transform),
        why: "PEFT takes it with a list of target_modules alone",
      };
      yield PLN4080(at("layers_to_transform"), values, { help: "say it in the regular expression" });
    }
    if (adapter.pairs.some(({ experts }) => experts !== null)) {
      const ignored = "PEFT ignores it there in silence";
      const refused = [
        ["lora_dropout", lora.lora_dropout > 0, "PEFT cannot drop the inputs of stacked experts, and refuses it"],
        ["layers_to_transform", lora.layers_to_transform !== undefined, ignored],
        ["exclude_modules", lora.exclude_modules !== undefined, ignored],
      ] as const;
      for (const [key, isAsked, why] of refused) if (isAsked) yield PLN4081(at(key), { key, why });
    }
    const names = adapter.pairs.flatMap(({ of, layers }) => {
      const name = of.name.replace(/\.weight$/, "");
      return layers === null ? [name] : layers.map((layer) => name.replace("{layer}", String(layer)));
    });
    const help = `targets are called ${andList([...new Set(names.map((name) => name.split(".").at(-1) ?? ""))])} here`;
    for (const key of ["rank_pattern", "alpha_pattern"] as const) {
      for (const pattern of Object.keys(lora[key])) {
        const expression = expressionOf(`(.*\\.)?(${pattern})`);
        if (names.length === 0 || names.some((name) => expression?.test(name))) continue;
        yield PLN4082(written.at(["lora", key, pattern], "key"), { key, pattern }, { help });
      }
    }
    const layers = lora.layers_to_transform;
    for (const [index, layer] of (typeof layers === "number" ? [layers] : (layers ?? [])).entries()) {
      if (layer < model.sizes.num_hidden_layers) continue;
      const path =
        typeof layers === "number" ? ["lora", "layers_to_transform"] : ["lora", "layers_to_transform", index];
      yield PLN4082(
        written.at(path),
        { key: "layers_to_transform", pattern: layer },
        { variant: "layers", help: `the model has layers 0 to ${model.sizes.num_hidden_layers - 1}` },
      );
    }
  },
};

export const pages = {
  PLN4080: {
    title: "option of PEFT that does not work here",
    docs: `A bundle trains adapters and nothing else: the model stays as it is, sharded and without gradients. What PEFT would do to whole
matrices of it (\`pissa\`, \`olora\` and other beginnings), to its biases (\`bias: all\`, which of gpt_oss takes in the router's) or to whole
modules (\`modules_to_save\`) does not work on shards.

Wrong:

\`\`\`yaml
lora: { r: 16, bias: all, init_lora_weights: pissa }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
lora: { r: 16, bias: none, init_lora_weights: true }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
  PLN4081: {
    title: "option that adapters of experts do not take",
    docs: `Experts are stacked in one parameter. PEFT adapts parameters by building \`W + B A\`, so that there is no input of theirs to drop, and it
looks at \`layers_to_transform\` and \`exclude_modules\` for modules alone: with experts it ignores them without a word.

Wrong:

\`\`\`yaml
lora: { r: 16, targets: [experts], lora_dropout: 0.05 }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
lora: { r: 16, targets: [experts] }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
  PLN4082: {
    title: "pattern of lora that means nothing",
    docs: `\`rank_pattern\` and \`alpha_pattern\` are of targets, by the ends of their names. PEFT only warns of one that meets none, and trains
with another rank than was meant.

Wrong:

\`\`\`yaml
lora: { r: 16, targets: [attention], rank_pattern: { out_proj: 32 } }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
lora: { r: 16, targets: [attention], rank_pattern: { o_proj: 32 } }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "what would train the model itself",
    plan: `
lora: { r: 16, bias: all, modules_to_save: [lm_head], init_lora_weights: pissa }
#@ [22:25) PLN4080 lora.bias all does not work: it trains parts of the model itself, and bundles train and save adapters alone
#@   fix "change it to none" -> PLN4080
#@ [44:53) PLN4080 lora.modules_to_save ["lm_head"] does not work: it trains a copy of whole modules, which the sharded model does not have
#@   help: leave it out
#@ [74:79) PLN4080 lora.init_lora_weights pissa does not work: it reads and changes whole matrices of the model, which are sharded
#@   help: write true, false or "gaussian"
#@   fix "change it to true" -> PLN4080
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "the router's bias",
    config: "gpt-oss-20b",
    plan: `
lora: { bias: all }
#@ [15:18) PLN4080 lora.bias all does not work: it trains parts of the model itself, model.layers.{layer}.mlp.router.bias among them, and bundles train and save adapters alone
#@   fix "change it to none" -> PLN2053, PLN4063
sft: { learning_rate: 2.0e-4 }
#@ config.json 69:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN2053, PLN4080
#@     - sft: { learning_rate: 2.0e-4, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.001, learning_rate: 2.0e-4, save_strategy: no }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2053 adapters of a model in mxfp4 do not work: they would be of numbers that its checkpoint does not hold
#@   help: name a checkpoint of it in bfloat16, and its config.json
`,
  },
  {
    name: "what experts do not take",
    plan: `
lora:
  targets: [experts]
  lora_dropout: 0.05
#@ [17:21) PLN4081 adapters of experts take no lora_dropout: PEFT cannot drop the inputs of stacked experts, and refuses it
#@   help: leave it out, or adapt no experts
  layers_to_transform: [0, 1]
#@ [24:30) PLN4081 adapters of experts take no layers_to_transform: PEFT ignores it there in silence
#@   help: leave it out, or adapt no experts
  exclude_modules: [lm_head]
#@ [20:29) PLN4081 adapters of experts take no exclude_modules: PEFT ignores it there in silence
#@   help: leave it out, or adapt no experts
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "layers that the model has not, and no layers",
    plan: `
lora: { targets: [attention], layers_to_transform: [47, 48] }
#@ [57:59) PLN4082 lora.layers_to_transform has layer 48, but no target is in it
#@   help: the model has layers 0 to 47
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "layers of a regular expression, and a name of layers without layers",
    plan: `
lora: { target_modules: ".*q_proj", layers_to_transform: 1, layers_pattern: layers }
#@ [58:59) PLN4080 lora.layers_to_transform 1 does not work: PEFT takes it with a list of target_modules alone
#@   help: say it in the regular expression
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "a pattern of another family",
    plan: `
lora: { targets: [attention], rank_pattern: { out_proj: 32 } }
#@ [47:55) PLN4082 lora.rank_pattern has the pattern out_proj, which is the end of no target's name
#@   help: targets are called q_proj, k_proj, v_proj and o_proj here
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "dropout of attention",
    shows: "nothing",
    plan: `
lora: { targets: [attention], lora_dropout: 0.05, init_lora_weights: gaussian }
sft: { learning_rate: 2.0e-4 }
`,
  },
];
