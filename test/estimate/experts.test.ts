/** What the experts with their dispatch are said to allocate, against what they do allocate on ranks: to the byte. */
import { beforeAll, expect, test } from "vitest";
import type { Dispatcher, ExpertsArguments, ExpertsModule } from "../../src/estimate/experts/arguments.ts";
import { moduleOf } from "../../src/estimate/experts/modules.ts";
import { expertsPiece } from "../../src/estimate/experts/piece.ts";
import { type Job, ownProgram, runJobs } from "../python/jobs.ts";
import { sampled } from "../sample.ts";
import { Allocations } from "./allocations.ts";

interface Case {
  readonly module: (typeof modules)[number];
  readonly dispatcher: Dispatcher;
  readonly dtype: "float32" | "bfloat16";
  readonly weights: "float32" | "bfloat16";
  readonly recompute: ExpertsArguments["recomputes"];
  readonly tokens: number;
  readonly choices: number;
  readonly experts: number;
  readonly hidden: number;
  readonly width: number;
  readonly world: 2 | 4;
  /** Ranks of a tensor-parallel group, which have the same tokens and share them. */
  readonly shares: 1 | 2;
  readonly kernels: ExpertsArguments["kernels"];
}

/** What `experts_memory.py` prints of a case. */
interface Measured {
  readonly kept: number;
  readonly forward: number;
  readonly backward: number;
  readonly saved: number | null;
  readonly sent: number;
  readonly received: number;
  readonly assignments: number;
}

/** Modules by the type of their model: one for each way in which they differ. */
const modules = [
  "qwen3_moe",
  "gpt_oss",
  "aria_text",
  "muse_spark_text",
  "nemotron_h",
  "beam",
  "deepseek_v4",
  "minimax_m3_vl_text",
] as const;

const sizes = [
  { tokens: 10, choices: 3, experts: 8, hidden: 32, width: 24, world: 2 },
  { tokens: 33, choices: 2, experts: 8, hidden: 64, width: 48, world: 2 },
  { tokens: 21, choices: 4, experts: 12, hidden: 48, width: 80, world: 4 },
] as const;

const eager: readonly Case[] = (["planc", "all_to_all", "all_reduce", "none"] as const).flatMap((dispatcher) =>
  modules.flatMap((module) =>
    (["float32", "bfloat16"] as const).flatMap((dtype) =>
      (["nothing", "products", "layer, experts last"] as const).flatMap((recompute) =>
        sizes.map((size) => ({
          ...size,
          module,
          dispatcher,
          dtype,
          weights: size.world === 4 ? ("float32" as const) : dtype,
          recompute,
          shares: 1 as const,
          kernels: "eager" as const,
        })),
      ),
    ),
  ),
);

/** Sums of bias gradients have another program on a GPU, which no interpreter runs: in float32 they are not at the peak. */
const interpreted = eager
  .filter(
    ({ tokens, module, dtype, dispatcher }) =>
      dispatcher === "planc" && tokens === 10 && (module !== "gpt_oss" || dtype === "float32"),
  )
  .map((each) => ({ ...each, kernels: "gpu" as const }));

const shared = eager
  .filter(
    ({ module, dispatcher, world }) => module === "qwen3_moe" && world === 4 && /planc|all_to_all/.test(dispatcher),
  )
  .map((each) => ({ ...each, tokens: 42, shares: 2 as const }));

const cases: readonly Case[] = [
  ...sampled(shared, ({ dispatcher, dtype }) => [dispatcher, dtype]),
  ...sampled(eager, ({ dispatcher, module, recompute, dtype, tokens }) => [
    [dispatcher, module],
    [dispatcher, recompute],
    [dispatcher, tokens],
    [dtype, tokens],
  ]),
  ...sampled(interpreted, ({ recompute }) => [recompute]),
];

const measured = new Map<Case, readonly Measured[]>();

beforeAll(() => {
  for (const kernels of ["eager", "gpu"] as const) {
    const groups = [2, 4].map((world) => cases.filter((each) => each.kernels === kernels && each.world === world));
    const some = groups.filter(([first]) => first !== undefined);
    const jobs = some.map((group): Job => {
      const path = new URL("../../templates", import.meta.url).pathname;
      const program = ownProgram("experts_memory.py");
      return { program, arguments: [JSON.stringify(group)], world: group[0]?.world ?? 2, folder: path, path };
    });
    const results = runJobs(jobs, kernels === "gpu" ? { TRITON_INTERPRET: "1" } : {});
    results.forEach(({ status, stdout, stderr }, index) => {
      expect(new Set(status), stderr.join("\n")).toEqual(new Set([0]));
      const ranks: readonly (readonly Measured[])[] = stdout.map((text) => JSON.parse(text));
      some[index]?.forEach((each, number) => {
        measured.set(
          each,
          ranks.map((rank) => rank[number] as Measured),
        );
      });
    });
  }
});

test.each(cases.map((each) => [Object.values(each).join(" "), each] as const))("%s", (_, each) => {
  const {
    dispatcher,
    module,
    recompute,
    kernels,
    world,
    shares,
    tokens,
    choices: K,
    experts,
    hidden: H,
    width: I,
  } = each;
  const [size, weightSize] = [each.dtype, each.weights].map((format) => (format === "float32" ? 4 : 2)) as [
    2 | 4,
    2 | 4,
  ];
  const T = tokens / shares;
  const ranks = measured.get(each) ?? [];
  expect(ranks).toHaveLength(world);
  for (const { sent, received, assignments, kept, forward, backward, saved } of ranks) {
    const G = dispatcher === "none" ? 1 : world;
    const piece = expertsPiece({
      dispatcher,
      module: moduleOf({ text_type: module }) as ExpertsModule,
      sizes: { T, K, E: experts / G, G, H, I, sent, received, assignments },
      shares,
      kernels,
      size,
      weightSize,
      recomputes: recompute,
    });
    const first = new Allocations();
    // The last event hands the output to the layer.
    first.run(piece, piece.forward.slice(0, -1));
    const { bytes } = first.now;
    first.run(piece, piece.forward.slice(-1));
    const second = new Allocations();
    for (const tensor of first.now.alive) second.allocate(tensor);
    for (const events of [piece.before, piece.again, piece.backward]) second.run(piece, events);
    const { now, peak } = second;
    expect({ kept: bytes, forward: first.peak.bytes, backward: peak.bytes }).toEqual({ kept, forward, backward });
    expect(now.bytes).toBe(0);
    // Beside what autograd saves the output is there; and planc's graph keeps two lists for the way back.
    const lists = dispatcher === "planc" ? 4 * (sent + assignments) : 0;
    if (saved !== null) expect(bytes).toBe(saved + lists + tokens * H * size);
  }
});
