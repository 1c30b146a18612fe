import { checkPlan } from "../../compiler.ts";
import { hasErrors } from "../../diagnostics/diagnostic.ts";
import { sentence } from "../../diagnostics/formats/look.ts";
import { visible } from "../../text/visible.ts";
import { plural } from "../../text/words.ts";
import type { Command } from "../arguments.ts";
import { exitCodeOf, formatNamed, formatOption, isObject, printFindings } from "../findings.ts";
import { judgePlan } from "../judge.ts";
import { plansOf } from "../plans.ts";
import { verdict } from "../verdict.ts";

export const check: Command = {
  options: { format: formatOption, calibration: { type: "string" } },
  help: `Usage: planc check PLAN...

Judges plans against their model, their cluster and the software they name, and writes nothing. What is wrong goes to
standard error, with the place, the numbers and a fix. Where model.checkpoint is a folder on this machine, its
files are judged too, as planc inspect does (weights decide over what config.json says), and where the data lie
on it, their first rows.

Options:
  --format pretty       For people (default)
  --format plain        One line each: file:line:column: error PLN3001: message

Advanced options:
  --calibration FILE    What planc bench --calibrate measured, in place of planc's own figures of the GPU
  --format json         One object on standard output, for programs
  --format github       Workflow commands, shown beside the lines of a pull request
  --format sarif        SARIF 2.1.0 on standard output, for code scanning

Exit codes: 0 fine (warnings allowed), 1 a plan has errors, 2 a plan cannot be read

Examples:
  # One plan
  planc check plans/qwen3-ep8.yaml

  # One that is made on the fly
  planc init models/qwen3 --gpu h100-sxm-80gb --gpus-per-node 8 | planc check -

  # Every plan, in a workflow on GitHub
  planc check plans/*.yaml --format github

  # What a message means
  planc explain PLN3001
`,
  async run(args, outer) {
    const format = formatNamed(args.text("format"));
    const { files, io } = await plansOf("check", args, outer);
    const world = { ...io, calibration: args.text("calibration") };
    const judged = await Promise.all(files.map((file) => judgePlan(checkPlan, world, file)));
    await printFindings(judged, format, io);
    if (!isObject(format)) {
      for (const { file, value, diagnostics } of judged) {
        if (value === undefined) continue;
        const line = `${visible(file)}: ${verdict(value, diagnostics)}`;
        io.stdout.write(`${sentence(io.stdout.look, line).join("\n")}\n`);
      }
      const failed = judged.filter(({ diagnostics }) => hasErrors(diagnostics)).length;
      if (judged.length > 1 && failed > 0) io.stderr.write(`${failed} of ${plural(judged.length, "plan")} failed\n`);
    }
    return exitCodeOf(judged);
  },
};
