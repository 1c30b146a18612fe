import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN2001 = diagnostic("PLN2001", {
  severity: "error",
  messages: { default: text`${"file"} holds no mapping of keys to values` },
});

export const PLN2002 = diagnostic("PLN2002", {
  severity: "error",
  messages: { default: text`the config has no model_type` },
  help: "take the config.json that was published with the checkpoint",
});

export const PLN2003 = diagnostic("PLN2003", {
  severity: "error",
  messages: {
    default: text`unknown model_type ${"model_type"}: neither planc nor transformers ${"release"} has it`,
    near: text`unknown model_type ${"model_type"}; did you mean ${"near"}?`,
    storage: text`unknown model_type ${"model_type"}: planc does not know how it stores its experts`,
    later: text`transformers ${"release"} has no model_type ${"model_type"}; ${"newer"} has`,
    remote: text`transformers ${"release"} has no class for model_type ${"model_type"}, which is published with code of its own: planc trains what the release itself builds`,
  },
});

export const PLN2004 = diagnostic("PLN2004", {
  severity: "error",
  messages: {
    default: text`${"model_type"} is a dense model: it has no experts to share out`,
    other: text`${"model_type"} is no Mixture-of-Experts language model`,
    text: text`the language model of this ${"model_type"} is of type ${"text_type"}, which is no Mixture-of-Experts model that planc knows`,
  },
});

export const PLN2005 = diagnostic("PLN2005", {
  severity: "error",
  messages: {
    default: text`${"model_type"} is a Mixture-of-Experts family that planc does not know`,
  },
});

export const PLN2006 = diagnostic("PLN2006", {
  severity: "error",
  messages: {
    default: text`${"model_type"} is the language model of ${"whole"}: transformers builds it only inside that`,
  },
  help: "take the config.json of the whole model",
});

export const PLN2007 = diagnostic("PLN2007", {
  severity: "error",
  messages: { default: text`this ${"model_type"} config lacks the ${"noun"} ${"missing"}, which cannot be inferred` },
  help: "take the config.json that was published with the checkpoint",
});

export const PLN2008 = diagnostic("PLN2008", {
  severity: "error",
  messages: { default: text`${"key"} takes ${"expected"}, not ${"value"}` },
});

export const PLN2009 = diagnostic("PLN2009", {
  severity: "error",
  messages: {
    default: text`${"second"} ${"secondValue"} contradicts ${"first"} ${"firstValue"}: both give the same size`,
  },
  help: "remove the wrong one",
});

export const PLN2010 = diagnostic("PLN2010", {
  severity: "error",
  messages: { default: text`${"model_type"} checkpoints are stored as ${"legal"}, not as ${"layout"}` },
  help: "leave layout out if the checkpoint is stored as the family was published",
});

export const PLN2011 = diagnostic("PLN2011", {
  severity: "error",
  messages: {
    default: text`${"key"} ${"per_token"} is more than the ${"experts"} experts there are`,
    none: text`none of the ${"layers"} layers holds experts`,
  },
});

export const PLN2025 = diagnostic("PLN2025", {
  severity: "warning",
  messages: {
    default: text`this ${"model_type"} config has no ${"key"}: transformers takes ${"value"}, the default of its class`,
  },
  help: "take the config.json that was published with the checkpoint",
});

export const pages = {
  PLN2001: {
    title: "config.json is not a mapping",
    docs: `A config.json is one JSON object that describes the model.

Wrong:

\`\`\`json
["Qwen3MoeForCausalLM"]
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048 }
\`\`\``,
  },
  PLN2002: {
    title: "config.json has no model_type",
    docs: `\`model_type\` says which family the other keys belong to. Nothing else in the file says it reliably.

Wrong:

\`\`\`json
{ "hidden_size": 2048 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048 }
\`\`\``,
  },
  PLN2003: {
    title: "unknown model_type",
    docs: `Neither planc nor the release of transformers in the plan has this model type. planc does not guess from similar keys: a family
decides names, shapes and what expert parallelism shards.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moa" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\``,
  },
  PLN2004: {
    title: "not a Mixture-of-Experts model",
    docs: `planc compiles plans for models with routed experts. A dense model needs none of it: the same trainer runs it with FSDP alone.

Wrong:

\`\`\`json
{ "model_type": "qwen3" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\``,
  },
  PLN2005: {
    title: "family not supported yet",
    docs: `transformers has this family, but planc has no parameter table for it, so it could neither place nor convert its parameters.

Wrong:

\`\`\`json
{ "model_type": "doge" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "mixtral" }
\`\`\``,
  },
  PLN2006: {
    title: "language model of a model of several parts",
    docs: `transformers has no class that builds this language model alone. It is trained inside the whole model, on text, from the
checkpoint as it is published: the other parts stay as they are.

Wrong:

\`\`\`json
{ "model_type": "qwen3_vl_moe_text" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_vl_moe", "text_config": { "model_type": "qwen3_vl_moe_text" } }
\`\`\``,
  },
  PLN2007: {
    title: "config.json omits what cannot be inferred",
    docs: `Where a size is missing, transformers silently takes the default of its class, which is the size of one particular model. A plan
checked against a guess is not checked.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048, "num_experts": 128, "num_experts_per_tok": 8 }
\`\`\`

(and the other sizes of the published file)`,
  },
  PLN2008: {
    title: "invalid value in config.json",
    docs: `The value cannot be what the key means.

Wrong:

\`\`\`json
{ "num_experts": null }
\`\`\`

Right:

\`\`\`json
{ "num_experts": 128 }
\`\`\``,
  },
  PLN2009: {
    title: "two keys for one size disagree",
    docs: `Releases of transformers renamed some keys and read either. Where a file has both, which one wins depends on the release.

Wrong:

\`\`\`json
{ "num_experts": 128, "num_local_experts": 64 }
\`\`\`

Right:

\`\`\`json
{ "num_experts": 128 }
\`\`\``,
  },
  PLN2010: {
    title: "layout that the family does not have",
    docs: `\`model.layout\` says how the experts of the checkpoint are stored. Each family comes in some of the layouts only.

Wrong:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  layout: per_expert
\`\`\`

Right:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  layout: mxfp4
\`\`\``,
  },
  PLN2011: {
    title: "sizes of config.json contradict each other",
    docs: `Each value is valid, but no model can have them together.

Wrong:

\`\`\`json
{ "num_experts": 4, "num_experts_per_tok": 8 }
\`\`\`

Right:

\`\`\`json
{ "num_experts": 128, "num_experts_per_tok": 8 }
\`\`\``,
  },
  PLN2025: {
    title: "size that config.json leaves to the class",
    docs: `transformers takes the default of its class for a key that is not there, which is the size of one particular model. Where the
checkpoint has another, the job ends while it loads.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "num_experts": 128, "num_experts_per_tok": 8 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048, "num_experts": 128, "num_experts_per_tok": 8 }
\`\`\`

(and the other sizes of the published file)`,
  },
} satisfies Pages;
