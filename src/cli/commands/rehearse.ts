import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPlan } from "../../compiler.ts";
import type { Outcome } from "../../run/outcome.ts";
import { type Prepared, prepare, type Request } from "../../run/prepare.ts";
import { runModule } from "../../run/python.ts";
import type { Arguments, Command } from "../arguments.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { judgePlan } from "../judge.ts";
import { planOf } from "../plans.ts";
import { heading, table } from "../rehearse/table.ts";
import { requireStack } from "../stack.ts";

export const rehearse: Command = {
  options: {
    ranks: { type: "string" },
    layers: { type: "string" },
    steps: { type: "string" },
    timeout: { type: "string" },
    python: { type: "string" },
    keep: { type: "boolean" },
    format: { type: "string", values: ["pretty", "json"] },
  },
  help: `Usage: planc rehearse PLAN

Trains the plan's own train.py for a few steps on CPU processes, with a toy of the same family on the plan's own mesh, folded
to at most 8 ranks: every axis above 1 stays above 1. One process takes the same micro-batches in turn, and losses, every
gathered gradient, the parameters after the steps and the saved model are compared.

Options:
  --steps N             Steps to compare (default: 3)
  --python PATH         A Python that has the plan's stack (default: $PYTHON, or python3)
  --format FORMAT       pretty or json

Advanced options:
  --ranks N             The most ranks to fold the mesh to (default: 8)
  --layers N            Layers of the toy (default: as few as show every kind)
  --timeout SECONDS     The longest that training may take (default: 300)
  --keep                Keep the folder: checkpoint, bundle, logs, gradients

Exit codes: 0 agrees, 1 the plan has errors, 2 no Python with the stack, or a rank failed, 4 disagrees

Examples:
  planc rehearse plans/qwen3-ep8.yaml
`,
  async run(args, outer) {
    const { file, io } = await planOf("rehearse", args, outer);
    const { value: checked, ...found } = await judgePlan(checkPlan, io, file);
    await printFindings([found], "pretty", io);
    if (checked === undefined) return exitCodeOf([found]);
    const python = args.text("python") ?? io.env["PYTHON"] ?? "python3";
    // Of packages for GPUs the programs do without.
    const needed = checked.packages.filter((each) => each.for === "lora");
    requireStack(python, { ...checked.plan.versions }, `planc rehearse ${args.positionals[0]}`, needed);

    const folder = mkdtempSync(join(tmpdir(), "planc-rehearsal-"));
    let isKept = args.flag("keep");
    try {
      const prepared = await prepare(io, checked, folder, requestOf(args));
      if (prepared === undefined)
        throw new UsageError("the mesh cannot be folded to so few ranks", "every axis above 1 has to stay above 1");
      const isJson = args.text("format") === "json";
      if (!isJson) io.stdout.write(heading(checked.sizes, prepared, io.stdout.look));
      const ended = await runModule(python, join(folder, "bundle"), "planc_runtime.rehearsal", [folder]);
      if (ended.status !== 0)
        throw new Error(ended.stderr.trim().split("\n").at(-1) ?? "the rehearsal ended without a word");
      const outcome: Outcome = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "");
      isKept ||= outcome.failure !== undefined;
      io.stdout.write(isJson ? asJson(outcome, prepared) : table(outcome, io.stdout.look));
      if (args.flag("keep") && !isJson) io.stdout.write(`kept in ${folder}\n`);
      if (outcome.failure !== undefined) return exitCode.usage;
      return (outcome.disagreements ?? []).length === 0 ? exitCode.fine : exitCode.disagrees;
    } finally {
      if (!isKept) rmSync(folder, { recursive: true, force: true });
    }
  },
};

function requestOf(args: Arguments): Request {
  return {
    ranks: args.count("ranks") ?? 8,
    steps: args.count("steps") ?? 3,
    layers: args.count("layers"),
    seconds: args.count("timeout") ?? 300,
  };
}

function asJson(outcome: Outcome, { mesh }: Prepared): string {
  return `${JSON.stringify({ version: 1, mesh, ...outcome, disagreements: outcome.disagreements ?? [] }, null, 2)}\n`;
}
