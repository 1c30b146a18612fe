import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { checkPlan } from "../../compiler.ts";
import { prepareBench } from "../../run/bench.ts";
import { runModule } from "../../run/python.ts";
import type { Arguments, Command } from "../arguments.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { judgePlan } from "../judge.ts";
import { planOf } from "../plans.ts";
import { requireStack } from "../stack.ts";

/** Options that the bundle's own bench takes by the same names, and what it takes for them at toy size. */
const counts: Readonly<Record<string, string | undefined>> = {
  sequence: "64",
  batch: "2",
  steps: "3",
  warmup: "2",
  ep: undefined,
  timeout: undefined,
};
const texts = ["variants", "recompute", "parameters", "profile"] as const;
const flags = ["no-optimizer", "no-liger", "balance", "check"] as const;

export const bench: Command = {
  options: {
    layers: { type: "string" },
    ranks: { type: "string" },
    ...Object.fromEntries(Object.keys(counts).map((name) => [name, { type: "string" }])),
    variants: { type: "string" },
    recompute: { type: "string", values: ["full", "attention", "experts", "none"] },
    parameters: { type: "string", values: ["float32", "bfloat16"] },
    profile: { type: "string" },
    "no-optimizer": { type: "boolean" },
    "no-liger": { type: "boolean" },
    balance: { type: "boolean" },
    check: { type: "boolean" },
    toy: { type: "boolean" },
    calibrate: { type: "string" },
    python: { type: "string" },
    format: { type: "string", values: ["pretty", "json"] },
  },
  help: `Usage: planc bench PLAN
       planc bench PLAN --calibrate FILE

Measures training steps of the plan's model on this machine's GPUs, cut to a few layers, with random weights: sharded by FSDP
alone, with the stock stack's expert parallelism, and with planc's. Of a plan with lora its adapters are trained: by FSDP and stock
PEFT, and by planc. Each runs in processes of its own, one after another, with the same weights, tokens and loss head. Prints
tokens/s/GPU and how many times those of FSDP alone they are, the time of a step, peak memory, bytes of all-to-all, MFU and loss.
With --calibrate it measures what products of the plan's shapes, attention, copies, links and the host take instead, in one to
three minutes, for planc explain --calibration.

Options:
  --layers N            Layers to keep, or all (default: 8)
  --variants LIST       Some of fsdp,stock,planc (default: all)
  --balance             Choices of experts as a trained model's; random weights send some several times the mean
  --check               Fail where losses or gradients of the variants disagree, or one has no figures
  --toy                 At toy size on CPU processes: a test of the bench, its times mean nothing
  --calibrate FILE      Write how fast this machine is there, for the estimate of a step's time
  --python PATH         A Python that has the plan's stack (default: $PYTHON, or python3)
  --format FORMAT       pretty or json

Advanced options:
  --sequence N          Tokens of a sequence (default: 4096)
  --batch N             Sequences a GPU and step (default: 4)
  --steps N             Steps to measure (default: 8)
  --warmup N            Steps before those (default: 3)
  --recompute WHAT      full, attention, experts or none: what backward computes again (default: full)
  --parameters FORMAT   float32 or bfloat16, instead of the plan's precision
  --no-optimizer        Forward and backward alone
  --no-liger            Norms and rotary positions in plain torch, though Liger's kernels are installed
  --ranks N             Processes (default: one a GPU; 2 with --toy)
  --ep N                ep_size (default: the plan's, as far as the ranks allow)
  --profile DIR         Write the kernel times of one step of each variant there
  --timeout SECONDS     The longest that a variant may take (default: 600)

Exit codes: 0 measured, 1 the plan has errors, 2 no Python with the stack, or nothing could be measured, 4 disagrees

Examples:
  planc bench plans/qwen3-ep8.yaml --layers 16 --no-optimizer
  planc bench plans/qwen3-ep8.yaml --calibrate calibration.json
`,
  async run(args, outer) {
    const { file, io } = await planOf("bench", args, outer);
    const passed = passedOn(args);
    const calibration = args.text("calibrate");
    if (calibration !== undefined) refuseOthers(args);
    const size = { isToy: args.flag("toy"), layers: layersOf(args), ranks: args.count("ranks") };
    const { value: checked, ...found } = await judgePlan(checkPlan, io, file);
    await printFindings([found], "pretty", io);
    if (checked === undefined) return exitCodeOf([found]);
    const python = args.text("python") ?? io.env["PYTHON"] ?? "python3";
    const needed = checked.packages.filter((each) => each.for === "lora");
    requireStack(python, { ...checked.plan.versions }, `planc bench ${args.positionals[0]}`, needed);

    const folder = mkdtempSync(join(tmpdir(), "planc-bench-"));
    try {
      const prepared = await prepareBench(io, file, checked, folder, size);
      const ended =
        calibration === undefined
          ? await runModule(python, join(folder, "bundle"), "planc_runtime.bench", [...prepared, ...passed])
          : await runModule(python, join(folder, "bundle"), "planc_runtime.bench.calibration", [
              ...prepared,
              "--output",
              resolve(calibration),
            ]);
      io.stdout.write(ended.stdout);
      if (ended.status === 0) return exitCode.fine;
      if (ended.status === 4) return exitCode.disagrees;
      const last = ended.stderr.trim().split("\n").at(-1) ?? "";
      if (ended.status !== 2) throw new Error(last || "the bench ended without a word");
      throw new UsageError(`nothing could be measured: ${last.replace(/^error: /, "")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** What says how steps are measured says nothing of a calibration. */
function refuseOthers(args: Arguments): void {
  const others = ["layers", "format", ...Object.keys(counts), ...texts, ...flags];
  const given = others.find((name) => args.flag(name));
  if (given !== undefined) throw new UsageError(`--calibrate measures no steps and takes no --${given}`);
}

function layersOf(args: Arguments): number | "all" | undefined {
  return args.text("layers") === "all" ? "all" : args.count("layers");
}

function passedOn(args: Arguments): string[] {
  const passed: string[] = [];
  for (const [name, toy] of Object.entries(counts)) {
    const value = args.count(name)?.toString() ?? (args.flag("toy") ? toy : undefined);
    if (value !== undefined) passed.push(`--${name}`, value);
  }
  for (const name of texts) {
    const value = args.text(name);
    if (value !== undefined) passed.push(`--${name}=${value}`);
  }
  for (const name of flags) if (args.flag(name)) passed.push(`--${name}`);
  if (args.text("format") === "json") passed.push("--json", "-");
  return passed;
}
