/**
 * Small checkpoints of every family with one tensor dropped, renamed or reshaped, judged by transformers' own loading
 * report, by planc and by the bundle's preflight: the three agree on which of them can be trained.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectCheckpoint } from "../../src/checkpoint/inspect.ts";
import { memoryHost } from "../host.ts";
import { smallConfig } from "../model/variants.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { lockFor, runtime } from "../runtime/preflight.ts";
import { type Spec, safetensors } from "./toy.ts";

const families = ["qwen3_moe", "qwen2_moe", "mixtral", "olmoe", "deepseek_v2", "deepseek_v3", "glm4_moe", "gpt_oss"];

/** A dense layer, few experts, biases where there may be any: as many kinds of names as a family has. */
const changes: Readonly<Record<string, object>> = {
  qwen3_moe: { mlp_only_layers: [1], attention_bias: true },
  qwen2_moe: { mlp_only_layers: [1] },
  deepseek_v2: { num_key_value_heads: 6 },
  deepseek_v3: { num_key_value_heads: 6 },
  glm4_moe: { attention_bias: true, use_qk_norm: true },
};

const few: Readonly<Record<string, string>> = {
  qwen3_moe: "num_experts",
  qwen2_moe: "num_experts",
  mixtral: "num_local_experts",
  olmoe: "num_experts",
  gpt_oss: "num_local_experts",
};

const models = families.map((name) => {
  const experts = { [few[name] ?? "n_routed_experts"]: 4 };
  const own = { ...smallConfig(name), moe_intermediate_size: 24, vocab_size: 96, ...experts, ...changes[name] };
  const config = { ...own, tie_word_embeddings: false };
  const model = name === "gpt_oss" ? { layout: "gate_up_interleaved" } : {};
  const lock = lockFor({ model }, config);
  return { name, layout: lock.model.layout, config, lock };
});
const stacked = models.filter(({ name }) => name === "mixtral" || name === "deepseek_v3");
const asStacks = stacked.map((model) => ({
  ...model,
  name: `${model.name} gate_up`,
  layout: "gate_up",
  lock: lockFor({ model: { layout: "gate_up" } }, model.config),
}));
const blocks = (() => {
  const quantization_config = { quant_method: "mxfp4" };
  const small = { ...models.find(({ name }) => name === "gpt_oss")?.config, hidden_size: 64, intermediate_size: 32 };
  const config = { ...small, quantization_config };
  return { name: "gpt_oss mxfp4", layout: "mxfp4", config, lock: lockFor({}, config) };
})();
const all = [...models, ...asStacks, blocks];

interface Outcome {
  readonly name: string;
  readonly case: string;
  readonly tensors: Readonly<Record<string, Spec>>;
  readonly kinds: readonly string[];
  readonly names: readonly string[];
  readonly preflight: string;
}

const folder = mkdtempSync(join(tmpdir(), "planc-oracle-"));
afterAll(() => rmSync(folder, { recursive: true }));

let outcomes: readonly Outcome[];
beforeAll(() => {
  const options = { input: JSON.stringify(all), encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  const args = [ownProgram("checkpoint_oracle.py"), runtime, folder];
  outcomes = JSON.parse(execFileSync(python, args, { ...options, stdio: ["pipe", "pipe", "ignore"] }));
});

function judge({ name, tensors }: Outcome) {
  const { config } = all.find((model) => model.name === name) ?? { config: {} };
  const files = { "m/config.json": JSON.stringify(config, null, 1), "m/model.safetensors": safetensors(tensors) };
  const { diagnostics } = inspectCheckpoint(memoryHost(files), "m");
  return diagnostics.filter(({ severity }) => severity === "error");
}

/** Whether what is said speaks of what was done. */
function isNamed(label: string, said: readonly string[]): boolean {
  const all = said.join("\n");
  const [, what, tensor = ""] = /^(drop|rename|shape) (.*)$/.exec(label) ?? [];
  if (what === undefined) return labels.every(([start, expected]) => !label.startsWith(start) || expected.test(all));
  const codes = {
    drop: /^PLN21(12|20) [^\n]*$/,
    rename: /PLN21(12|20) .*\n.*PLN2121 /s,
    shape: /^PLN21(13|18) [^\n]*$/,
  };
  return all.includes(tensor) && codes[what as keyof typeof codes].test(all);
}

/** Of what is done to the whole: that the reason is told, and only that. */
const labels: readonly (readonly [string, RegExp])[] = [
  ["as saved", /^$/],
  ["no last layer", /^PLN2122 config.json says num_hidden_layers 3; the weights have 2$/],
  ["no middle layer", /^PLN2120 nothing of layer 1 is there; config.json has 3 layers$/],
  ["a layer 3 more", /^PLN2122 config.json says num_hidden_layers 3; the weights have 4$/],
  ["a layer 46 more", /^$|^PLN2121 \d+ tensors? in layer 46, behind the 3 layers of config.json/],
  ["under ", /^PLN2121 the names of \d+ tensors carry (module|base_model\.model|_orig_mod)\. of [^\n]*$/],
  ["an adapter", /^PLN2121 the weights hold 1 tensor of an adapter/],
];

describe.each(all.map(({ name }) => name))("%s", (name) => {
  test("planc and the preflight refuse what transformers would leave random or unread, and nothing else", () => {
    const own = outcomes.filter((outcome) => outcome.name === name);
    expect(own.length).toBeGreaterThan(40);
    const verdicts = own.map((outcome) => {
      const errors = judge(outcome);
      const said = errors.map(({ code, message }) => `${code} ${message}`);
      return { outcome, planc: errors.length > 0, preflight: outcome.preflight !== "ok", said };
    });
    const wrong = verdicts.filter(
      ({ outcome, planc, preflight, said }) =>
        planc !== outcome.kinds.length > 0 || preflight !== planc || !isNamed(outcome.case, said),
    );
    expect(
      wrong.map(({ outcome, said }) => ({
        case: outcome.case,
        kinds: outcome.kinds,
        said,
        preflight: outcome.preflight,
      })),
    ).toEqual([]);
    expect(verdicts.filter(({ planc }) => !planc).length).toBeGreaterThan(3);
  });
});

describe("a config.json of which one key is another", () => {
  /** Family → keys with a value that the weights do not have. */
  const keys: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    qwen3_moe: {
      vocab_size: 95,
      hidden_size: 44,
      num_hidden_layers: 5,
      num_experts: 6,
      moe_intermediate_size: 20,
      num_key_value_heads: 3,
      num_attention_heads: 4,
      head_dim: 12,
      intermediate_size: 36,
      attention_bias: false,
      mlp_only_layers: [],
    },
    qwen2_moe: { shared_expert_intermediate_size: 36, qkv_bias: false, num_hidden_layers: 2, num_experts: 3 },
    mixtral: { num_local_experts: 5, intermediate_size: 36, num_key_value_heads: 6, vocab_size: 97 },
    olmoe: { num_experts: 2, intermediate_size: 16, attention_bias: true },
    deepseek_v2: { n_routed_experts: 8, kv_lora_rank: 8, q_lora_rank: null, n_shared_experts: 1, v_head_dim: 8 },
    deepseek_v3: {
      ...{ n_routed_experts: 6, first_k_dense_replace: 2, q_lora_rank: 16, qk_rope_head_dim: 8, qk_nope_head_dim: 4 },
      ...{ n_shared_experts: 3, moe_intermediate_size: 20, num_attention_heads: 4, num_hidden_layers: 4 },
    },
    glm4_moe: { use_qk_norm: false, attention_bias: false, n_routed_experts: 2, first_k_dense_replace: 2 },
    gpt_oss: { num_local_experts: 3, head_dim: 8, attention_bias: false, hidden_size: 40, intermediate_size: 44 },
  };
  const cases = Object.entries(keys).flatMap(([name, changed]) =>
    Object.entries(changed).map(([key, value]) => [name, key, value] as const),
  );

  test.each(cases)("%s: %s is %j", (name, key, value) => {
    const sound = outcomes.find((outcome) => outcome.name === name && outcome.case === "as saved");
    const { config } = all.find((model) => model.name === name) ?? { config: {} };
    const changed = { ...config, [key]: value };
    const text = JSON.stringify(changed, null, 1);
    const files = { "m/config.json": text, "m/model.safetensors": safetensors(sound?.tensors ?? {}) };
    const { diagnostics } = inspectCheckpoint(memoryHost(files), "m");
    const have = JSON.stringify((config as Readonly<Record<string, unknown>>)[key] ?? name !== "olmoe");
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `PLN2122 config.json says ${key} ${JSON.stringify(value)}; the weights have ${have}`,
    ]);
    // The fix is the key's value alone.
    const line = text.split("\n")[diagnostics[0]?.location.range.start.line ?? -1];
    expect(line).toContain(`"${key}":`);
    expect(diagnostics[0]?.fixes[0]?.edits[0]?.newText).toBe(have);
  });
});
