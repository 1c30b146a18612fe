import { resolve } from "node:path";
import { tidy } from "../../bundle/changes.ts";
import { sentence } from "../../diagnostics/formats/look.ts";
import { submit } from "../../run/launch.ts";
import type { Hint, Submission } from "../../schedulers/scheduler.ts";
import { schedulerOf } from "../../schedulers/schedulers.ts";
import { filled, unknownWords, type Words } from "../../schedulers/words.ts";
import { shell } from "../../text/shell.ts";
import { visible } from "../../text/visible.ts";
import type { Command } from "../arguments.ts";
import { actions } from "../compile/actions.ts";
import { compileFor } from "../compile/compile-for.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import type { Io } from "../io.ts";
import { planOf } from "../plans.ts";

export const launch: Command = {
  options: {
    out: { type: "string", short: "o" },
    "dry-run": { type: "boolean" },
  },
  takesRest: true,
  help: `Usage: planc launch PLAN [-- OPTION...]

Writes the plan's bundle as planc compile does and submits its job to the scheduler that the plan names, then says how to
follow it. With cluster.scheduler.kind: local the job runs here. What stands behind -- are options of train.py.

Options:
  -o, --out FOLDER      The bundle's folder (default: generated/NAME, NAME as in the plan)
  --dry-run             Write nothing and submit nothing; print the commands

Exit codes: 0 submitted, 1 the plan has errors or the scheduler refused the job, 2 a plan cannot be read; of a local job its own

Examples:
  planc launch plans/qwen3-ep8.yaml --dry-run
  planc launch plans/qwen3-ep8.yaml -- --max-steps 100
`,
  async run(args, outer) {
    const { file, io } = await planOf("launch", args, outer);
    const placeIn = (name: string) => tidy(args.text("out") ?? `generated/${name}`);
    const compiled = await compileFor(file, placeIn, io);
    if (compiled.value === undefined) {
      await printFindings([compiled], "pretty", io);
      return exitCodeOf([compiled]);
    }
    const { checked } = compiled.value;
    const folder = placeIn(checked.plan.name);
    const section = checked.plan.cluster.scheduler;
    const submission = schedulerOf(section).submission(checked, section);
    const takesOptions = submission.steps.some((step) => step.takesOptions);
    if (args.rest.length > 0 && !takesOptions)
      throw new UsageError(`a job of ${section.kind} takes no options when it is submitted`, "write them in the plan");

    const isDry = args.flag("dry-run");
    const written = actions[isDry ? "none" : "write"]({ folder, ...compiled }, io);
    const judged = { ...compiled, diagnostics: [...compiled.diagnostics, ...written.diagnostics] };
    await printFindings([judged], "pretty", io);
    if (exitCodeOf([judged]) !== exitCode.fine) return exitCodeOf([judged]);
    for (const line of written.lines) io.stdout.write(`${sentence(io.stdout.look, line).join("\n")}\n`);

    const bundle = resolve(folder);
    if (isDry || submission.steps.length === 0) {
      tell(io, submission, unknownWords(submission, bundle), args.rest);
      return exitCode.fine;
    }
    const submitted = await submit(submission, bundle, args.rest);
    if ("failed" in submitted) {
      const { failed, why, undone } = submitted;
      io.stderr.write(`error: could not ${failed.what}: ${visible(failed.command[0] ?? "")}: ${visible(why)}\n`);
      for (const command of undone) io.stderr.write(`taken back: ${shell(command)}\n`);
      return exitCode.errors;
    }
    const names = submission.steps.flatMap(({ prints, what }) => (prints === undefined ? [] : [{ prints, what }]));
    for (const { prints, what } of names) io.stdout.write(`submitted: job ${submitted.words.get(prints)} (${what})\n`);
    follow(io, submission.follow, submitted.words);
    return submitted.status;
  },
};

/** The commands, for who runs them by hand. */
function tell(io: Io, { steps, follow: hints }: Submission, words: Words, options: readonly string[]): void {
  if (steps.some(({ isJob }) => !isJob)) io.stdout.write(`${shell(["cd", words.get("bundle") ?? "."])}\n`);
  for (const { what, command, takesOptions } of steps)
    io.stdout.write(`${shell([...filled(command, words), ...(takesOptions ? options : [])])}  # ${what}\n`);
  follow(io, hints, words);
}

function follow(io: Io, hints: readonly Hint[], words: Words): void {
  const rows = hints.map(({ command, what }) => [shell(filled(command, words)), what] as const);
  const width = Math.max(0, ...rows.map(([command]) => command.length));
  for (const [command, what] of rows) io.stdout.write(`  ${command.padEnd(width)}  # ${what}\n`);
}
