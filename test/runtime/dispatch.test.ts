/** planc's dispatcher against one process: loss, gradients, steps of AdamW, and what it sends. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { sampled } from "../sample.ts";
import { parityConfig, parityFamilies } from "./parity-configs.ts";

interface Mesh {
  readonly fsdp_size: number;
  readonly ep_size: number;
  readonly tp_size?: number;
  readonly dp_replicate_size?: number;
}

interface Case {
  readonly family: string;
  readonly mesh: Mesh;
  readonly recompute?: "full" | "attention" | "experts";
}

/** What `dispatch_parity.py` prints. */
interface Answer {
  readonly loss: number;
  readonly expected: number;
  readonly sent: number;
  readonly formula: number;
  /** Calls in a step of the grouped matrix product and of attention. */
  readonly products: number;
  readonly attentions: number;
  /** Calls of the kernel for gated activations. */
  readonly gates: number;
  readonly fallback: readonly string[];
  readonly gradient: string;
  readonly gradient_difference: number;
  readonly trained: string;
  readonly trained_difference: number;
}

const ep2 = { fsdp_size: 2, ep_size: 2 };
const meshes: readonly Mesh[] = [
  { fsdp_size: 4, ep_size: 4 },
  { fsdp_size: 4, ep_size: 2 },
  { fsdp_size: 2, ep_size: 2, dp_replicate_size: 2 },
  { fsdp_size: 1, ep_size: 2, tp_size: 2 },
  { fsdp_size: 2, ep_size: 4, tp_size: 2 },
  { fsdp_size: 2, ep_size: 2, tp_size: 2 },
];

const product: readonly Case[] = [
  ...parityFamilies.map((family) => ({ family, mesh: ep2 })),
  ...meshes.map((mesh) => ({ family: "qwen3_moe", mesh })),
  ...[meshes[0], meshes[1]].flatMap((mesh) => (mesh === undefined ? [] : [{ family: "gpt_oss", mesh }])),
  ...(["full", "attention", "experts"] as const).flatMap((recompute) => [
    { family: "qwen3_moe", mesh: ep2, recompute },
    { family: "gpt_oss", mesh: { fsdp_size: 4, ep_size: 2 }, recompute },
  ]),
];

/** Under `npm test` each family, each mesh and each way of computing again, once. */
const cases = sampled(product, ({ family, mesh, recompute }) => [family, mesh, recompute]);

const root = mkdtempSync(join(tmpdir(), "planc-dispatch-"));
afterAll(() => rmSync(root, { recursive: true }));

const templates = new URL("../../templates", import.meta.url).pathname;

function worldOf({ fsdp_size, tp_size = 1, dp_replicate_size = 1 }: Mesh): number {
  return fsdp_size * tp_size * dp_replicate_size;
}

function stepsOf(family: string): number[] {
  const own = cases.filter((each) => each.family === family);
  return [...new Set(own.map(({ mesh }) => mesh.fsdp_size * (mesh.dp_replicate_size ?? 1)))];
}

function job(family: string, stage: object, world: number): Job {
  const folder = join(root, family);
  const spec = { folder, config: parityConfig(family), tokens: 17, ...stage };
  const program = ownProgram("dispatch_parity.py");
  return { program, arguments: [JSON.stringify(spec)], world, folder, path: templates };
}

let answers: Result[];
let foreign: Result | undefined;
let routings: Result[];
const groups = sampled(
  [
    [2, 2],
    [4, 2],
    [4, 4],
  ] as const,
  ([world, size]) => [world === size],
);

beforeAll(() => {
  for (const family of parityFamilies) mkdirSync(join(root, family));
  // The numbers of distinct batches that a family's meshes have.
  const references = parityFamilies.map((family) => job(family, { stage: "reference", steps: stepsOf(family) }, 1));
  const ranks = cases.map(({ family, mesh, recompute = "none" }) =>
    job(family, { stage: "ranks", mesh, recompute, steps: stepsOf(family) }, worldOf(mesh)),
  );
  const routing = groups.map(([world, size]) => ({
    program: ownProgram("dispatch_routing.py"),
    arguments: [String(size)],
    world,
    folder: root,
    path: templates,
  }));
  const results = runJobs([
    ...references,
    ...ranks,
    job("qwen3_moe", { stage: "ranks", mesh: ep2, foreign: true }, 2),
    ...routing,
  ]);
  for (const reference of results.slice(0, references.length)) {
    expect(reference.status, reference.stderr[0]).toEqual([0]);
  }
  answers = results.slice(references.length, references.length + ranks.length);
  [foreign, ...routings] = results.slice(references.length + ranks.length);
});

test.each(cases.map((each, index) => [`${JSON.stringify(each)}`, index] as const))(
  "trains as one process does: %s",
  (_, index) => {
    const result = answers[index];
    expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
    const answer: Answer = JSON.parse(result?.stdout[0] ?? "");
    expect(answer.fallback).toEqual([]);
    expect(answer.loss / answer.expected).toBeCloseTo(1, 6);
    expect(answer.gradient_difference, answer.gradient).toBeLessThan(1e-5);
    expect(answer.trained_difference, answer.trained).toBeLessThan(1e-4);
    // Forward and backward, there and back: each token once for each other rank that has one of its experts. A layer that
    // is computed again routes again, which counts its visits twice, and sends a fifth time: it stops before the way back.
    const { recompute = "none" } = cases[index] ?? {};
    expect(answer.sent).toBe(recompute === "full" ? (answer.formula / 2) * (5 / 4) : answer.formula);
    expect(answer.sent).toBeGreaterThan(0);
    if (["qwen3_moe", "gpt_oss", "mixtral"].includes(cases[index]?.family ?? ""))
      expect(answer.gates).toBeGreaterThan(0);
    // Two products and one attention in each of two layers; the last product of a layer is not needed again.
    const again = { none: [4, 2], full: [6, 4], attention: [4, 4], experts: [6, 2] } as const;
    if (cases[index]?.family === "qwen3_moe") expect([answer.products, answer.attentions]).toEqual(again[recompute]);
  },
);

describe.each(groups.map(([world, size], index) => [world, size, index] as const))(
  "on %d ranks, of which %d share the experts",
  (_, __, index) => {
    test("tokens reach their experts however they are routed", () => {
      const result = routings[index];
      expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
      const { cases, flights } = JSON.parse(result?.stdout[0] ?? "");
      expect(cases).toHaveLength(54);
      for (const { case: name, difference } of cases) expect(difference, name).toBeLessThan(1e-5);
      // Three passes and their second ones, which know what the first worked out unless another pass could be meant; before
      // the very first second pass only sizes are kept. Passes without gradients exchange their own.
      expect(flights).toMatchObject([
        { order: "in turn", exchanges: 3, choices: 4, alive: 0 },
        { order: "evaluated", exchanges: 6, choices: 7, alive: 0 },
        { order: [0, 1, 2], exchanges: 6, choices: 6, alive: 0 },
        { order: [2, 1, 0], exchanges: 6, choices: 6, alive: 0 },
      ]);
      for (const { difference } of flights) expect(difference).toBeLessThan(1e-5);
    });
  },
);

test("a module that cannot be driven pair by pair gets the stack's all-to-all, which is said once", () => {
  expect(foreign?.status, foreign?.stderr.join("\n")).toEqual([0, 0]);
  const answer: Answer = JSON.parse(foreign?.stdout[0] ?? "");
  expect(answer.fallback).toHaveLength(2);
  expect(answer.gradient_difference).toBeLessThan(1e-5);
  const said = (foreign?.stderr[0] ?? "").match(/falls back to all_to_all/g);
  expect(said).toHaveLength(1);
  expect(foreign?.stderr[1]).not.toContain("falls back");
});
