import { checkPlan } from "../../compiler.ts";
import { paint, type Role } from "../../diagnostics/formats/look.ts";
import { extraPackagesOf, howToMake, packagesOf, pinsBeside } from "../../run/python.ts";
import type { Package } from "../../stack/loading.ts";
import { visible } from "../../text/visible.ts";
import type { Command } from "../arguments.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { judgePlan } from "../judge.ts";
import { planOf } from "../plans.ts";

const roles = { ok: "fix", differs: "warning", fails: "error" } as const satisfies Record<string, Role>;

export const doctor: Command = {
  options: { python: { type: "string" } },
  help: `Usage: planc doctor [PLAN]

Lists what a Python has installed beside what the plan pins, or without a plan what planc is tested with. Another patch release differs, another minor release of
transformers or trl fails.

Options:
  --python PATH         The Python to look at (default: $PYTHON, or python3)

Exit codes: 0 usable, 1 the plan has errors, 2 something fails, or there is no such Python

Examples:
  planc doctor plans/qwen3-ep8.yaml --python .venv/bin/python
`,
  async run(args, outer) {
    let extra: readonly Package[] = [];
    let versions: Readonly<Record<string, string>> = { ...outer.stacks.tested };
    let io = outer;
    if (args.positionals.length > 0) {
      const given = await planOf("doctor", args, outer);
      io = given.io;
      const { value, ...found } = await judgePlan(checkPlan, io, given.file);
      if (value === undefined) {
        await printFindings([found], "pretty", io);
        return exitCodeOf([found]);
      }
      extra = value.packages;
      versions = pinsBeside({ ...value.plan.versions }, extra);
    }
    const python = args.text("python") ?? io.env["PYTHON"] ?? "python3";
    const make = howToMake(versions, ["planc doctor", ...args.positionals].join(" "), extra);
    const stack = packagesOf(python, versions);
    if (stack === undefined) throw new UsageError(`${python} is no Python that runs`, make);
    const packages = [...stack, ...extraPackagesOf(python, extra)];
    const { look, write } = io.stdout;
    write(`${visible(python)}\n`);
    for (const { name, wanted, found: has, verdict } of packages) {
      const what =
        has === null ? "not installed" : has === wanted || verdict === "ok" ? has : `${has}; ${wanted} is wanted`;
      write(`  ${paint(look, roles[verdict], verdict.padEnd(8))} ${name.padEnd(13)} ${visible(what)}\n`);
    }
    if (packages.every(({ verdict }) => verdict !== "fails")) return exitCode.fine;
    write(`\n${make.split("\n").map(visible).join("\n")}\n`);
    return exitCode.usage;
  },
};
