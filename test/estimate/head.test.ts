/** What the loss is said to allocate, against what TRL's own code does allocate: to the byte. */
import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { fusedHead } from "../../src/estimate/head/fused.ts";
import { wholeHead } from "../../src/estimate/head/whole.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { Allocations } from "./allocations.ts";

interface Case {
  /** `whole` where labels are smoothed. */
  readonly head: "fused" | "whole";
  readonly rows: number;
  readonly length: number;
  readonly hidden: number;
  readonly vocab: number;
  /** Labels of a row that are scored. */
  readonly valid: number;
  readonly dtype: "float32" | "bfloat16";
  readonly bias: boolean;
  readonly softcap: boolean;
  readonly kernels: "eager" | "gpu";
  /** Of TRL's pieces. */
  readonly chunks: readonly [tokens: number, columns: number];
}

interface Measured {
  readonly kept: number;
  readonly forward: number;
  readonly backward: number;
}

const sizes = [
  { rows: 2, length: 9, hidden: 16, vocab: 70, valid: 6 },
  { rows: 1, length: 40, hidden: 24, vocab: 100, valid: 39 },
  { rows: 3, length: 17, hidden: 32, vocab: 64, valid: 10 },
];
/** Smaller than TRL's, so that heads of some columns span several of them; and TRL's own. */
const small = [16, 32] as const;
const own = [4096, 32_768] as const;

const fused = (["eager", "gpu"] as const).flatMap((kernels): readonly Omit<Case, "head">[] => [
  ...(["float32", "bfloat16"] as const).flatMap((dtype) =>
    [false, true].flatMap((more) =>
      sizes.map((size) => ({ ...size, dtype, bias: more, softcap: more, kernels, chunks: small })),
    ),
  ),
  { ...(sizes[1] as (typeof sizes)[1]), dtype: "bfloat16", bias: false, softcap: false, kernels, chunks: own },
]);

const cases: readonly Case[] = [
  ...fused.map((each) => ({ ...each, head: "fused" as const })),
  ...fused
    .filter(({ bias, kernels, chunks }) => !bias && kernels === "eager" && chunks === small)
    .map((each) => ({ ...each, head: "whole" as const })),
];

const measured = new Map<Case, Measured>();

beforeAll(() => {
  for (const kernels of ["eager", "gpu"]) {
    const some = cases.filter((each) => each.kernels === kernels);
    const env = { ...process.env, OMP_NUM_THREADS: "1", ...(kernels === "gpu" ? { TRITON_INTERPRET: "1" } : {}) };
    const options = { env, encoding: "utf8", maxBuffer: 2 ** 26 } as const;
    const program = [ownProgram("head_memory.py"), JSON.stringify(some)];
    const { stdout, stderr, status } = spawnSync(python, program, options);
    if (status !== 0) throw new Error(stderr);
    const found: readonly Measured[] = JSON.parse(stdout);
    some.forEach((each, index) => {
      measured.set(each, found[index] as Measured);
    });
  }
});

test.each(cases.map((each) => [Object.values(each).join(" "), each] as const))("%s", (_, each) => {
  const { rows, length, valid, hidden, vocab, dtype, bias, softcap, kernels, chunks } = each;
  const size = dtype === "float32" ? 4 : 2;
  const labels = rows * Math.min(valid, length - 1);
  const taken = { rows, length, labels, H: hidden, V: vocab, size, bias, softcap, kernels };
  const piece = each.head === "whole" ? wholeHead(taken) : fusedHead(taken, { tokens: chunks[0], columns: chunks[1] });
  const first = new Allocations();
  first.run(piece, piece.forward);
  const second = new Allocations();
  for (const tensor of first.now.alive) second.allocate(tensor);
  second.run(piece, piece.backward);
  const { now, peak } = second;
  expect({ kept: first.now.bytes, forward: first.peak.bytes, backward: peak.bytes }).toEqual(measured.get(each));
  expect(now.bytes).toBe(0);
});
