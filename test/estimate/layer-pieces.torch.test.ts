import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Computation, type LayerPieces, layerPieces, type OutsidePiece } from "../../src/estimate/layer-pieces.ts";
import { families } from "../../src/model/families.ts";
import type { Model } from "../../src/model/model.ts";
import { operationsOf } from "../../src/model/operations.ts";
import { readModel } from "../../src/model/read.ts";
import { readPlan } from "../../src/plan/read.ts";
import { isMapping } from "../../src/text/values.ts";
import { transformersRelease } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { published, publishedText } from "../published.ts";
import { pythons } from "../python.ts";
import { Allocations } from "./allocations.ts";

/** Families of which `npm test` takes the cases; `npm run conformance` takes all. */
const sample = ["qwen3_moe", "gpt_oss"];

/** Of which it takes those in bfloat16. */
const halves = ["glm4_moe"];

type Config = Readonly<Record<string, unknown>>;

interface Case extends Pick<Computation, "compute" | "policy" | "length"> {
  readonly architecture: string | null | undefined;
  readonly config: Config;
  readonly rows: number;
}

/** Bytes of distinct storages that are held for backward: `test/python/saved_bytes.py`. */
interface Saved {
  readonly error?: string;
  readonly layers: readonly number[];
  readonly keeps_input: readonly boolean[];
  readonly before: number;
  readonly behind: number;
  readonly recomputed: readonly number[];
}

/** Micro-batches, none of which the records were read at. */
const batches = [
  { rows: 1, length: 192 },
  { rows: 3, length: 128 },
  { rows: 2, length: 320 },
];

/** Sizes of published models that would only take time: layers are as wide as theirs in what is not listed. */
const largest = {
  hidden_size: 256,
  intermediate_size: 200,
  moe_intermediate_size: 16,
  num_attention_heads: 24,
  num_key_value_heads: 24,
  n_routed_experts: 32,
  num_experts: 32,
  num_local_experts: 32,
  num_hidden_layers: 4,
  vocab_size: 512,
};

/** The same, smaller. */
const smaller = { ...largest, hidden_size: 96, num_attention_heads: 16, num_key_value_heads: 16, num_experts: 24 };

/** Of families that are known by their toy alone: what published configs of them have instead. */
const instead: Readonly<Record<string, Config>> = { afmoe: { mup_enabled: true }, mistral4: { v_head_dim: 20 } };

/** The first published config with fewer layers, at two sizes; of a family without one the toy. */
function configsOf(model_type: string): Config[] {
  const family = families.get(model_type);
  const toy: Config = { model_type, ...family?.toy };
  const [inside] = family?.language ?? [];
  const config = published.map(parsed).find((config) => config["model_type"] === model_type);
  if (inside !== undefined) {
    const text = config?.[inside];
    if (!isMapping(text)) return [toy];
    return [largest, smaller].map((limits) => ({ ...toy, [inside]: cut(text, limits) }));
  }
  // A language model that has a class of its own, and is published as a part.
  const own = config ?? published.map((name) => parsed(name)["text_config"]).find((text) => isOf(model_type, text));
  if (isMapping(own)) return [largest, smaller].map((limits) => cut(own, limits));
  const other = instead[model_type];
  return other === undefined ? [toy] : [toy, { ...toy, ...other }];
}

function parsed(name: string): Config {
  return JSON.parse(publishedText(name).replaceAll("Infinity", "1e400"));
}

function isOf(model_type: string, config: unknown): boolean {
  return isMapping(config) && config["model_type"] === model_type;
}

function cut(config: Config, limits: Readonly<Record<string, number>>): Config {
  const count = Number(config["num_hidden_layers"]);
  const entries = Object.entries(config).flatMap(([key, value]) => {
    if (key === "quantization_config") return [];
    if (Array.isArray(value) && value.length === count) return [[key, value.slice(0, limits["num_hidden_layers"])]];
    const limit = limits[key];
    return [[key, limit !== undefined && typeof value === "number" ? Math.min(value, limit) : value]];
  });
  return { ...Object.fromEntries(entries), pad_token_id: 0 };
}

const policies = ["none", "attention", "full"] as const;
const formats = ["bfloat16", "float32"] as const;

/** Every policy in both formats, each at one of the micro-batches. */
function casesOf(model_type: string): Case[] {
  const ways = policies.flatMap((policy) => formats.map((compute) => ({ policy, compute })));
  return configsOf(model_type).flatMap((config, at) =>
    ways.map((way, place) => ({
      architecture: families.get(model_type)?.architecture,
      config,
      ...way,
      ...(batches[(at + place) % batches.length] as (typeof batches)[number]),
    })),
  );
}

function modelOf(config: Config, version: string): Model {
  const host = memoryHost({ "plan.yaml": JSON.stringify(plan()), "config.json": JSON.stringify(config) });
  const { value } = readPlan(host, "plan.yaml");
  if (value === undefined) throw new Error("the plan has errors");
  const { value: model, diagnostics } = readModel(host, value, transformersRelease(version));
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  return model;
}

/** Bytes that a forward leaves allocated, without its output, which the next holds or not. */
function kept({ piece }: OutsidePiece): number {
  const allocations = new Allocations();
  allocations.run(piece, piece.forward);
  return allocations.now.alive.filter(({ name }) => name !== "output").reduce((sum, { bytes }) => sum + bytes, 0);
}

function inOrder({ kinds }: LayerPieces) {
  const layers = kinds.flatMap((kind) =>
    kind.runs.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, at) => [first + at, kind] as const),
    ),
  );
  return layers.sort(([a], [b]) => a - b).map(([, kind]) => kind);
}

const types = process.env["PLANC_CONFORMANCE"] === "1" ? families.keys() : [...sample, ...halves];
/** Cut to few layers these do not run alone: a language model without a base, or two inside; positions of one width of heads. */
const uncut: ReadonlySet<string> = new Set(["llama4", "llama4_text", "phimoe", "qwen3_omni_moe"]);

/** Language models by themselves, and inside a whole where they have no class alone. */
const own = types.filter((type) => {
  const family = families.get(type);
  if (family?.architecture === undefined || uncut.has(type)) return false;
  if (family.language.length === 0) return operationsOf(type) !== undefined;
  const isAlone = families.get(family.text_type)?.architecture !== undefined;
  return operationsOf(family.text_type) !== undefined && !isAlone;
});

const script = fileURLToPath(new URL("../python/saved_bytes.py", import.meta.url));

/** Plain torch on the CPU: bytes are what autograd holds. */
describe.each(pythons.slice(-1))("what layers keep with transformers %s", (version, python) => {
  it.each(own)("%s", (model_type) => {
    const cases = casesOf(model_type);
    const input = JSON.stringify(cases);
    const output = execFileSync(python, [script], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
    const found: readonly Saved[] = JSON.parse(output);
    for (const [index, { config, rows, length, compute, policy }] of cases.entries()) {
      const saved = found[index] as Saved;
      const label = `${model_type} hidden ${config["hidden_size"]}, ${rows} x ${length}, ${compute}, ${policy}`;
      expect(saved, label).not.toHaveProperty("error");
      const model = modelOf(config, version);
      const computation = { tokens: rows * length, length, compute, policy, kernels: "eager", tp_size: 1 } as const;
      const pieces = layerPieces(model, computation);
      // GPUs compute in bfloat16; plain torch in float32 was read of some families alone.
      const isUnread = compute === "float32" && !sample.includes(model_type);
      if ("unknown" in pieces && isUnread && pieces.unknown.endsWith(": float32 was not recorded")) continue;
      if ("unknown" in pieces) throw new Error(pieces.unknown);
      const layers = inOrder(pieces);
      expect(layers.map(kept), label).toEqual(saved.layers);
      expect(
        layers.slice(1).map(({ keepsInput }) => keepsInput),
        label,
      ).toEqual(saved.keeps_input.slice(1));
      expect([kept(pieces.before), kept(pieces.behind)], label).toEqual([saved.before, saved.behind]);
      if (policy !== "full") continue;
      // What a second forward holds is what one that is not run again keeps.
      const whole = layerPieces(model, { ...computation, policy: "none" });
      if ("unknown" in whole) throw new Error(whole.unknown);
      expect(inOrder(whole).map(kept), label).toEqual(saved.recomputed);
    }
  });
});
