/** Adapters on a mesh against stock PEFT in one process: loss, every gradient, the losses of ten steps. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { conformance } from "../sample.ts";
import { loraConfig, loraFamilies, loraOptions } from "./lora-configs.ts";

interface Mesh {
  readonly fsdp_size?: number;
  readonly ep_size?: number;
  readonly dp_replicate_size?: number;
}

interface Case {
  readonly family: string;
  readonly options?: keyof typeof loraOptions;
  readonly mesh: Mesh;
  readonly recompute?: "full" | "attention" | "experts";
}

/** What `lora_parity.py` prints. */
interface Answer {
  readonly loss: number;
  readonly expected: number;
  /** Calls of the grouped product in a step. */
  readonly products: number;
  readonly gradient: string;
  readonly gradient_difference: number;
  /** Length of the shortest gradient. */
  readonly smallest: number;
  /** Parameters with a gradient that are none of the adapter. */
  readonly others: readonly string[];
  readonly curve_difference: number;
  readonly moved: number;
  /** What differs between the saved adapter and that of stock PEFT: names, shapes, keys of its config. */
  readonly names: readonly string[];
  readonly shapes: readonly string[];
  readonly config: readonly string[];
  /** How far PEFT's model of the saved adapter is from the sharded one, and its largest logit. */
  readonly logits_difference: number;
  readonly logits: number;
}

const ep2 = { fsdp_size: 2, ep_size: 2 };
const replicated = { fsdp_size: 2, ep_size: 2, dp_replicate_size: 2 };
const meshes: readonly Mesh[] = [
  {},
  { fsdp_size: 2 },
  ep2,
  { fsdp_size: 4, ep_size: 2 },
  { fsdp_size: 4, ep_size: 4 },
  { fsdp_size: 2, dp_replicate_size: 2 },
  replicated,
];

/** Under `npm test`. Each mesh, each way of computing again, and experts of each kind. */
const sample: readonly Case[] = [
  { family: "qwen3_moe", mesh: {} },
  { family: "qwen3_moe", mesh: ep2, recompute: "full" },
  { family: "qwen3_moe", mesh: { fsdp_size: 2, dp_replicate_size: 2 } },
  { family: "qwen3_moe", mesh: { fsdp_size: 4, ep_size: 4 }, recompute: "experts" },
  { family: "qwen3_moe", mesh: ep2, options: "rewritten" },
  { family: "gpt_oss", mesh: { fsdp_size: 2 }, recompute: "attention" },
  { family: "gpt_oss", mesh: { fsdp_size: 4, ep_size: 2 }, recompute: "full" },
  { family: "nemotron_h", mesh: replicated },
  { family: "deepseek_v3", mesh: ep2, options: "patterns" },
];

const product: readonly Case[] = loraFamilies.flatMap((family) =>
  meshes.flatMap((mesh) =>
    (["none", "full"] as const).map((way) => (way === "none" ? { family, mesh } : { family, mesh, recompute: way })),
  ),
);

const cases = conformance ? [...product, ...sample] : sample;
const families = [...new Set(cases.map(({ family, options = "plain" }) => `${family} ${options}`))];

const root = mkdtempSync(join(tmpdir(), "planc-lora-"));
afterAll(() => rmSync(root, { recursive: true }));

const templates = new URL("../../templates", import.meta.url).pathname;

function ranksOf({ fsdp_size = 1, dp_replicate_size = 1 }: Mesh): number {
  return fsdp_size * dp_replicate_size;
}

function job(key: string, stage: object, world: number): Job {
  const [family = "", options = "plain"] = key.split(" ");
  const folder = join(root, key.replace(" ", "-"));
  const steps = new Set(
    cases.filter((each) => `${each.family} ${each.options ?? "plain"}` === key).map(({ mesh }) => ranksOf(mesh)),
  );
  const lora = loraOptions[options as keyof typeof loraOptions];
  const spec = { folder, config: loraConfig(family), lora, tokens: 17, steps: [...steps], ...stage };
  const program = ownProgram("lora_parity.py");
  return { program, arguments: [JSON.stringify(spec)], world, folder, path: templates };
}

let answers: Result[];

beforeAll(() => {
  for (const key of families) mkdirSync(join(root, key.replace(" ", "-")));
  const references = families.map((key) => job(key, { stage: "reference" }, 1));
  const ranks = cases.map(({ family, options = "plain", mesh, recompute = "none" }) =>
    job(`${family} ${options}`, { stage: "ranks", mesh, recompute }, ranksOf(mesh)),
  );
  const results = runJobs([...references, ...ranks]);
  for (const reference of results.slice(0, references.length)) {
    expect(reference.status, reference.stderr[0]).toEqual([0]);
  }
  answers = results.slice(references.length);
});

test.each(cases.map((each, index) => [JSON.stringify(each), index] as const))(
  "trains as PEFT does in one process: %s",
  (_, index) => {
    const result = answers[index];
    expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
    const answer: Answer = JSON.parse(result?.stdout[0] ?? "");
    expect(answer.loss / answer.expected).toBeCloseTo(1, 6);
    expect(answer.gradient_difference, answer.gradient).toBeLessThan(1e-5);
    expect(answer.smallest).toBeGreaterThan(0);
    expect(answer.others).toEqual([]);
    expect(answer.curve_difference).toBeLessThan(1e-4);
    expect(answer.moved).toBeGreaterThan(1e-2);
    expect([answer.names, answer.shapes, answer.config]).toEqual([[], [], []]);
    expect(answer.logits_difference / answer.logits).toBeLessThan(1e-4);
    // Two products of the base and two of rank r for each of them, in each of two layers; the last of a layer is not needed
    // again where the layer is computed again.
    const { family, recompute = "none" } = cases[index] ?? {};
    if (family === "qwen3_moe")
      expect(answer.products).toBe(recompute === "none" || recompute === "attention" ? 12 : 24);
  },
);
