import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPlan } from "../../compiler.ts";
import { becomingOf } from "../../run/data.ts";
import { visible } from "../../text/visible.ts";
import type { Command } from "../arguments.ts";
import { partTable } from "../data/table.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { planOf } from "../plans.ts";
import { requireStack } from "../stack.ts";

export const data: Command = {
  options: {
    rows: { type: "string" },
    tokenizer: { type: "string" },
    dataset: { type: "string" },
    python: { type: "string" },
    format: { type: "string", values: ["pretty", "json"] },
  },
  help: `Usage: planc data PLAN

Shows what rows of the plan's data become, by the trainer's own code: token by token, with those in the loss behind +, packed
rows with their documents, and over a sample how long rows are, what is cut, and how much of it is in the loss. The model is
not needed, its tokenizer is.

Options:
  --rows N              Rows to show in full (default: 3); the first ones
  --tokenizer FOLDER    Another tokenizer, where the plan's is not on this machine
  --dataset PATH        Other data
  --python PATH         A Python that has the plan's stack (default: $PYTHON, or python3)
  --format FORMAT       pretty or json

Exit codes: 0 fine, 1 the plan has errors or the trainer cannot take the rows, 2 no Python with the stack, or no tokenizer

Examples:
  planc data plans/qwen3-ep8.yaml
  planc data plans/qwen3-ep8.yaml --tokenizer ./tokenizer --rows 1
`,
  async run(args, outer) {
    const { file, io } = await planOf("data", args, outer);
    // The plan alone: what is wrong with the rows is what this shows.
    const { value: checked, ...found } = checkPlan(io, file);
    await printFindings([{ file, ...found }], "pretty", io);
    if (checked === undefined) return exitCodeOf([{ file, ...found }]);
    const python = args.text("python") ?? io.env["PYTHON"] ?? "python3";
    requireStack(python, { ...checked.plan.versions }, `planc data ${file}`);

    const given = ["tokenizer", "dataset"].flatMap((name) => {
      const value = args.text(name);
      return value === undefined ? [] : [`--${name}=${value}`];
    });
    const folder = mkdtempSync(join(tmpdir(), "planc-data-"));
    try {
      const request = { python, folder, args: [`--rows=${args.count("rows") ?? 3}`, ...given] };
      const becoming = await becomingOf(io, file, request);
      if (becoming.error !== undefined)
        throw new UsageError(
          visible(becoming.error),
          "a folder with the tokenizer's files is enough: planc data --tokenizer FOLDER",
        );
      const { parts = [] } = becoming;
      const isJson = args.text("format") === "json";
      io.stdout.write(
        isJson
          ? `${JSON.stringify(becoming, null, 2)}\n`
          : parts.map((part) => partTable(part, io.stdout.look)).join("\n"),
      );
      return parts.some(({ error }) => error !== undefined) ? exitCode.errors : exitCode.fine;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
