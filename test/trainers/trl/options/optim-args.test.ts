/** Optimizers as the trainer makes them: how many states each keeps, and which of optim_args it reads. */
import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { runnable } from "../../../../src/trainers/trl/options/optimizers.ts";
import { checkTree } from "../../../plans.ts";
import { ownProgram } from "../../../python/jobs.ts";
import { python } from "../../../python.ts";

const arguments_: Readonly<Record<string, readonly string[]>> = {
  adamw_torch: ["amsgrad=True", "betas=1", "amsgrad=True,betas=1", "foreach=false", "eps=1"],
  adamw_torch_fused: ["amsgrad=True"],
  sgd: [
    ...["momentum=0.9", "momentum=0", "momentum=0.9, nesterov=true", "momentum=0.9,dampening=0.5", "momentum=1_0"],
    ...["nesterov=true", "momentum=0.9,nesterov=yes,dampening=1", "weight_decay=0.5", "momentum=high", "momentum=-1"],
    ...["maximize=true", "lr=1", "momentum=1e400", "momentum=.5"],
  ],
  adagrad: ["lr_decay=0.1", "eps=1e-6", "weight_decay=1", "momentum=0.9", "lr_decay=x", "initial_accumulator_value=1"],
  rmsprop: [
    ...["momentum=0.9", "centered=True", "centered=1,momentum=0.5", "alpha=0.9", "alpha=high", "eps=-1", "betas=1"],
    ...["centered=no", "capturable=true"],
  ],
};
const cases = runnable.flatMap((optim) =>
  [null, ...(arguments_[optim] ?? [])].flatMap((optim_args) =>
    ["float32", "bfloat16"].map((dtype) => ({ optim, optim_args, dtype })),
  ),
);

interface Measured {
  readonly states?: number;
  readonly settings?: string;
  readonly error?: string;
}
let measured: Measured[] = [];

beforeAll(() => {
  const input = JSON.stringify(cases);
  const { stdout, stderr, status } = spawnSync(python, [ownProgram("optimizer_states.py")], {
    input,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  measured = JSON.parse(stdout);
});

test.each(cases.map((one, index) => [one.optim, String(one.optim_args), one.dtype, index] as const))(
  "%s %s in %s",
  (optim, _, dtype, index) => {
    const { optim_args } = cases[index] ?? {};
    const real = measured[index];
    const plain =
      measured[cases.findIndex((other) => other.optim === optim && other.optim_args === null && other.dtype === dtype)];
    const { value, diagnostics } = checkTree({
      cluster: { gpu: { name: "large", memory_gb: 900 } },
      precision: { parameters: dtype, compute: "bfloat16" },
      sft: { optim, ...(optim_args === null ? {} : { optim_args }) },
    });
    const codes = new Set(diagnostics.map(({ code }) => code));
    // An infinite momentum is taken by the class and trains nothing.
    if (optim_args === "momentum=1e400") return expect(codes).toContain("PLN4061");
    expect(codes.has("PLN4061")).toBe(real?.error !== undefined);
    if (real?.error !== undefined) return;
    expect((value?.memory.optimizer ?? Number.NaN) / (value?.memory.parameters ?? 1)).toBe(real?.states);
    // Where something is read, the optimizer is another than the plain one, but for a value that is its default.
    const isDefault = ["momentum=0", "centered=no"].includes(String(optim_args));
    if (optim_args !== null && !isDefault) expect(codes.has("PLN4060")).toBe(real?.settings === plain?.settings);
    if (optim_args === null) expect(codes).not.toContain("PLN4060");
  },
);
