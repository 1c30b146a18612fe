import { tidy } from "../../bundle/changes.ts";
import { PLN5024 } from "../../diagnostics/catalogue/bundle.ts";
import { sentence } from "../../diagnostics/formats/look.ts";
import type { Command } from "../arguments.ts";
import { actions, type Job } from "../compile/actions.ts";
import { compileFor } from "../compile/compile-for.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, formatNamed, formatOption, isObject, printFindings } from "../findings.ts";
import type { Io } from "../io.ts";
import { plansOf } from "../plans.ts";

export const compile: Command = {
  options: {
    out: { type: "string", short: "o" },
    check: { type: "boolean" },
    "dry-run": { type: "boolean" },
    format: formatOption,
  },
  help: `Usage: planc compile PLAN...

Judges plans as planc check does, then writes the bundle of each: the folder that trains. With an error in any of them
nothing is written. Only files that planc wrote are ever replaced or removed.

Options:
  -o, --out FOLDER      The bundle's folder (default: generated/NAME, NAME as in the plan); of several plans, the
                        folder that gets one bundle each

Advanced options:
  --check               Write nothing; exit with 3 when a bundle on disk is not what its plan compiles to
  --dry-run             Write nothing; list what would be written and removed
  --format FORMAT       pretty, plain, json, github or sarif, as for planc check

Exit codes: 0 written, 1 a plan has errors or its folder cannot be written, 2 a plan cannot be read, 3 stale (--check)

Examples:
  # A bundle, then the job
  planc compile plans/qwen3-ep8.yaml
  generated/qwen3-ep8/launch.sh

  # In a workflow: the bundles in git are what the plans say
  planc compile plans/*.yaml --check
`,
  async run(args, outer) {
    const format = formatNamed(args.text("format"));
    if (args.flag("check") && args.flag("dry-run")) throw new UsageError("--check and --dry-run exclude each other");
    const { files, io } = await plansOf("compile", args, outer);
    const jobs = await compileAll(files, args.text("out"), io);
    const stopped = exitCodeOf(jobs) !== exitCode.fine;
    const act = actions[stopped ? "none" : args.flag("check") ? "check" : args.flag("dry-run") ? "list" : "write"];
    const done = jobs.map((job) => act(job, io));
    const judged = jobs.map((job, index) => ({
      ...job,
      diagnostics: [...job.diagnostics, ...(done[index]?.diagnostics ?? [])],
    }));
    await printFindings(judged, format, io);
    const shown = isObject(format) ? io.stderr : io.stdout;
    for (const { lines } of done) for (const line of lines) shown.write(`${sentence(shown.look, line).join("\n")}\n`);
    const failed = exitCodeOf(judged);
    return failed === exitCode.fine && done.some(({ stale }) => stale) ? exitCode.stale : failed;
  },
};

async function compileAll(files: readonly string[], out: string | undefined, io: Io): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const file of files) {
    const placeIn = (name: string) => tidy(folderOf(name, out, files.length));
    const compiled = await compileFor(file, placeIn, io);
    const folder = placeIn(compiled.value?.checked.plan.name ?? "");
    const other = compiled.value && jobs.find((job) => job.value !== undefined && job.folder === folder);
    if (compiled.value === undefined || other === undefined) jobs.push({ folder, ...compiled });
    else {
      const taken = PLN5024(compiled.value.checked.plan.written.at("name"), { folder, other: other.file });
      jobs.push({ folder, ...compiled, diagnostics: [...compiled.diagnostics, taken] });
    }
  }
  return jobs;
}

function folderOf(name: string, out: string | undefined, plans: number): string {
  if (out === undefined) return `generated/${name}`;
  return plans === 1 ? out : `${tidy(out)}/${name}`;
}
