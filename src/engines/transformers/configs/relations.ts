import type { ConfigClass, Expression } from "../releases/configs.ts";

/**
 * What no class refuses and the first forward of its model does: found by `scripts/try_configs.py`, which changes every
 * key of small configs. By the code that the models share where they share it, else by class.
 */
interface Relation {
  readonly of: (class_: ConfigClass) => boolean;
  readonly refuses: Expression;
}

const has =
  (...fields: readonly string[]) =>
  (class_: ConfigClass) =>
    fields.every((field) => class_.fields.has(field));

const groups = (class_: ConfigClass) => class_.uses.includes("num_key_value_groups");
const isLatent = has("kv_lora_rank");

const sliding: Expression = ["in", ["word", "sliding_attention"], "layer_types"];
const noWindow: Expression = ["or", ["is", "sliding_window", null], ["<", "sliding_window", 1]];

const relations: readonly Relation[] = [
  // Every head of keys and values serves as many heads of queries.
  {
    of: (class_) => groups(class_) && !isLatent(class_),
    refuses: ["!=", ["%", "num_attention_heads", "num_key_value_heads"], 0],
  },
  // Latent attention makes a key and a value for each head, and repeats them where there are fewer of these heads.
  {
    of: (class_) => groups(class_) && isLatent(class_),
    refuses: [">", ["//", "num_attention_heads", "num_key_value_heads"], 1],
  },
  // Experts are chosen in groups of one size, each judged by its best two.
  ...groupedRouting("n_routed_experts"),
  ...groupedRouting("num_experts"),
  // Norms of queries and keys span all heads, which split the hidden size.
  {
    of: named("OlmoeConfig", "FlexOlmoConfig"),
    refuses: ["!=", ["%", "hidden_size", "num_attention_heads"], 0],
  },
  // Pairs of dims become complex numbers in place.
  { of: named("DeepseekV2Config"), refuses: ["!=", ["%", "kv_lora_rank", 2], 0] },
  { of: named("DeepseekV2Config"), refuses: ["!=", ["%", "qk_nope_head_dim", 2], 0] },
  // Layers with a window have one; of gpt_oss every other layer is such a layer where no list says what they are.
  { of: has("layer_types", "sliding_window"), refuses: ["and", sliding, noWindow] },
  { of: named("GptOssConfig"), refuses: ["and", ["is", "layer_types", null], noWindow] },
  // So it is with the last layers of this one.
  {
    of: named("Qwen2MoeConfig"),
    refuses: [
      "and",
      "use_sliding_window",
      ["is", "layer_types", null],
      ["<", "max_window_layers", "num_hidden_layers"],
      noWindow,
    ],
  },
  // The class drops the window, and the layers that it lists need one.
  {
    of: named("Qwen2MoeConfig"),
    refuses: ["and", sliding, ["not", "use_sliding_window"]],
  },
];

/** Class → field → the words that its model knows, where the class takes any. */
const words: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  DeepseekV2Config: { topk_method: ["greedy", "group_limited_greedy"] },
};

/** Fields of a class with the words that its model knows. */
export function wordsOf({ name }: ConfigClass): readonly (readonly [field: string, words: readonly string[]])[] {
  return Object.entries(words[name] ?? {});
}

/** What a class and its model refuse. */
export function refusalsOf(class_: ConfigClass): readonly Expression[] {
  return [...class_.refuses, ...relations.filter(({ of }) => of(class_)).map(({ refuses }) => refuses)];
}

function named(...names: readonly string[]) {
  return ({ name }: ConfigClass) => names.includes(name);
}

function groupedRouting(experts: string): Relation[] {
  const of = (class_: ConfigClass) =>
    has("n_group", "topk_group", experts)(class_) && class_.name !== "DeepseekV2Config";
  return [
    { of, refuses: ["!=", ["%", experts, "n_group"], 0] },
    { of, refuses: [">", "topk_group", "n_group"] },
    { of, refuses: ["<", ["//", experts, "n_group"], 2] },
  ];
}
