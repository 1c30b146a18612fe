import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { keptInFloat32 } from "../../src/engines/transformers/placement/kept.ts";
import type { TransformersRelease } from "../../src/engines/transformers/releases/release.ts";
import { families } from "../../src/model/families.ts";
import type { Model, Parameter } from "../../src/model/model.ts";
import { readModel } from "../../src/model/read.ts";
import { readPlan } from "../../src/plan/read.ts";
import { transformersRelease } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { published, publishedText, typeOf } from "../published.ts";
import { pythons } from "../python.ts";
import { variants } from "./variants.ts";

interface Built {
  readonly architecture: string;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly buffers: Readonly<Record<string, readonly number[]>>;
  readonly names: readonly string[];
  /** Parameters that a model of bfloat16 holds in float32. */
  readonly float32: readonly string[];
  readonly tied: boolean;
}

/** Under another name the same model, and one whose two language models share their parameters. */
const unread: ReadonlySet<string> = new Set([
  "kimi_k2",
  "diffusion_gemma",
  // The queries between its passes have as many rows as its layers make blocks, which no formula here says.
  "inkling2_loop",
  "inkling2_loop_text",
]);

/** Families whose parameters in float32 are those that the release lists. */
const listed: ReadonlySet<string> = new Set([
  "qwen3_moe",
  "qwen2_moe",
  "mixtral",
  "olmoe",
  "deepseek_v2",
  "deepseek_v3",
  "glm4_moe",
  "gpt_oss",
]);

/** What 5.23 builds otherwise: a head with rows for a padded vocabulary, rotary positions without a parameter. */
const newer: ReadonlySet<string> = new Set(["inkling2", "inkling2_text", "mistral_large4"]);

/** Classes that leave the key to others, or take no head apart from the embedding. */
const tied: ReadonlySet<string> = new Set(["gemma4_text", "lara_mini", "lfm2_moe", "zaya"]);

const script = fileURLToPath(new URL("../python/meta_model.py", import.meta.url));
const cases = [
  ...published
    .map((name) => [name, publishedText(name)] as const)
    .filter(([, text]) => families.get(typeOf(text))?.architecture !== undefined && !unread.has(typeOf(text))),
  ...variants.map(([label, variant]) => [label, JSON.stringify(variant)] as const),
  ...families.keys().flatMap((model_type) => {
    const family = families.get(model_type);
    // What planc refuses to read as a language model of its own, or on every release, has no row here.
    if (family?.architecture === undefined || unread.has(model_type)) return [];
    const small = { model_type, architectures: [family.architecture], ...family.toy };
    return [
      [`${model_type}, small`, JSON.stringify(small)] as const,
      ...(family.language.length > 0 || tied.has(model_type)
        ? []
        : [[`${model_type}, small, tied`, JSON.stringify({ ...small, tie_word_embeddings: true })] as const]),
    ];
  }),
];

function read(modelConfig: string, release: TransformersRelease): Model {
  const host = memoryHost({ "plan.yaml": JSON.stringify(plan()), "config.json": modelConfig });
  const read = readPlan(host, "plan.yaml");
  if (read.value === undefined) throw new Error(JSON.stringify(read.diagnostics));
  const { value, diagnostics } = readModel(host, read.value, release);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value;
}

function expand(rows: readonly Parameter[]): Record<string, readonly number[]> {
  return Object.fromEntries(
    rows.flatMap(({ name, layers, shape }) =>
      (layers ?? [0]).map((layer) => [name.replace("{layer}", String(layer)), shape]),
    ),
  );
}

/** transformers itself, on the meta device: names and shapes are what it says. */
describe.each(pythons)("parameter tables against transformers %s", (version, python) => {
  const release = transformersRelease(version);
  let built: readonly Built[];
  beforeAll(() => {
    const input = `[${cases.map(([, text]) => text).join(",")}]`;
    const output = execFileSync(python, [script], {
      input,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["pipe", "pipe", "ignore"],
    });
    built = JSON.parse(output);
  });

  const all = cases.map(([label, text], index) => [label, index, typeOf(text)] as const);
  const own = all.filter(([, , type]) => version !== "5.23.0" || !newer.has(type));
  it.each(own)("%s", (_, index) => {
    const text = cases[index]?.[1] ?? "";
    const oracle = built[index];
    if (!release.moeModelTypes.includes(families.get(typeOf(text))?.text_type ?? "")) {
      expect(() => read(text, release)).toThrow(/has no model_type/);
      return;
    }
    const model = read(text, release);
    expect(oracle).not.toHaveProperty("error");
    expect(expand(model.parameters.filter(({ buffer, tied }) => !buffer && !tied))).toEqual(oracle?.parameters);
    expect(expand(model.parameters.filter(({ buffer }) => buffer))).toEqual(oracle?.buffers);
    expect([...model.names].sort()).toEqual(oracle?.names.toSorted());
    expect({ architecture: model.architecture, tied: model.tied }).toEqual({
      architecture: oracle?.architecture,
      tied: oracle?.tied,
    });
    // Of the other families some build parameters in float32 that the release's list does not name.
    const isCompared = listed.has(model.model_type);
    const isKept = keptInFloat32(release, model.text_type);
    const held = model.parameters.filter(({ buffer, tied, name }) => !buffer && tied === undefined && isKept(name));
    if (isCompared) expect(held.map(({ name }) => name.replace("{layer}", "*")).sort()).toEqual(oracle?.float32);
    const sizes = Object.values(oracle?.parameters ?? {}).map((shape) => shape.reduce((size, dim) => size * dim, 1));
    expect(model.totals.total).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });
});
