import { type Changes, changesOf, tidy } from "../../bundle/changes.ts";
import { differences } from "../../bundle/check.ts";
import { writeBundle } from "../../bundle/write.ts";
import { type Compiled, compilePlan } from "../../compiler.ts";
import type { Result } from "../../diagnostics/diagnostic.ts";
import { report } from "../../diagnostics/report.ts";
import { visible } from "../../text/visible.ts";
import { plural } from "../../text/words.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { exitCodeOf, formatNamed, formatOption, isObject, type Judged, printFindings } from "../findings.ts";
import type { Io } from "../io.ts";
import { plansOf } from "../plans.ts";
import { UsageError } from "../usage-error.ts";
import { verdict } from "../verdict.ts";

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
  async run(args, io) {
    const format = formatNamed(args.text("format"));
    if (args.flag("check") && args.flag("dry-run")) throw new UsageError("--check and --dry-run exclude each other");
    const jobs = await compileAll(plansOf("compile", args), args.text("out"), io);
    const stopped = exitCodeOf(jobs) !== exitCode.fine;
    const act = actions[stopped ? "none" : args.flag("check") ? "check" : args.flag("dry-run") ? "list" : "write"];
    const done = jobs.map((job) => act(job, io));
    const judged = jobs.map((job, index) => ({
      ...job,
      diagnostics: [...job.diagnostics, ...(done[index]?.diagnostics ?? [])],
    }));
    await printFindings(judged, format, io);
    const shown = isObject(format) ? io.stderr : io.stdout;
    for (const { lines } of done) for (const line of lines) shown.write(`${line}\n`);
    const failed = exitCodeOf(judged);
    return failed === exitCode.fine && done.some(({ stale }) => stale) ? exitCode.stale : failed;
  },
};

/** One plan of the command line. `value` is undefined where it has errors. */
interface Job extends Judged {
  readonly value: Compiled | undefined;
  /** Where its bundle goes. */
  readonly folder: string;
}

interface Done extends Pick<Judged, "diagnostics"> {
  readonly lines: readonly string[];
  readonly stale?: boolean;
}

async function compileAll(files: readonly string[], out: string | undefined, io: Io): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const file of files) {
    const compiled = await compilePlan(io.host, file);
    const folder = tidy(folderOf(compiled.value?.checked.plan.name ?? "", out, files.length));
    const other = compiled.value && jobs.find((job) => job.value !== undefined && job.folder === folder);
    if (compiled.value === undefined || other === undefined) jobs.push({ file, folder, ...compiled });
    else {
      const taken = report("PLN5024", compiled.value.checked.plan.written.at("name"), { folder, other: other.file });
      jobs.push({ file, folder, ...compiled, diagnostics: [...compiled.diagnostics, taken] });
    }
  }
  return jobs;
}

function folderOf(name: string, out: string | undefined, plans: number): string {
  if (out === undefined) return `generated/${name}`;
  return plans === 1 ? out : `${tidy(out)}/${name}`;
}

const nothing: Done = { diagnostics: [], lines: [] };

/** What to do with the bundles once every plan has passed. */
const actions: Readonly<Record<"none" | "check" | "list" | "write", (job: Job, io: Io) => Done>> = {
  none: () => nothing,

  check({ value, folder, file }, io) {
    const found = differences(io.host, folder, value?.files ?? []);
    const lines = found.map(({ path, state }) => `${visible(path)}: ${state}`);
    if (lines.length === 0) return { ...nothing, lines: [`${visible(folder)}: as ${visible(file)} says`] };
    return { ...nothing, lines: [...lines, `${visible(folder)}: stale; planc compile ${visible(file)}`], stale: true };
  },

  list: ({ value, folder }, io) =>
    told(changesOf(io.host, folder, value?.files ?? []), (changes) => [
      ...changes.create.map(({ path }) => `create ${visible(`${changes.folder}/${path}`)}`),
      ...changes.update.map(({ path }) => `update ${visible(`${changes.folder}/${path}`)}`),
      ...changes.remove.map((path) => `remove ${visible(`${changes.folder}/${path}`)}`),
      ...(isNothing(changes) ? [`${visible(changes.folder)}: nothing to do`] : []),
    ]),

  write: (job, io) =>
    told(writeBundle(io.host, job.folder, job.value?.files ?? []), (changes) => [
      ...(job.value === undefined ? [] : [`${visible(job.file)}: ${verdict(job.value.checked, job.diagnostics)}`]),
      `${visible(changes.folder)}: ${summary(changes)}`,
    ]),
};

function told(result: Result<Changes>, lines: (changes: Changes) => readonly string[]): Done {
  return { diagnostics: result.diagnostics, lines: result.value === undefined ? [] : lines(result.value) };
}

function isNothing({ create, update, remove }: Changes): boolean {
  return create.length + update.length + remove.length === 0;
}

function summary(changes: Changes): string {
  const { create, update, unchanged, remove } = changes;
  if (isNothing(changes)) return `${plural(unchanged.length, "file")}, all as they were`;
  const parts = [
    `${plural(create.length + update.length, "file")} written`,
    ...(unchanged.length > 0 ? [`${unchanged.length} as they were`] : []),
    ...(remove.length > 0 ? [`${remove.length} removed`] : []),
  ];
  return parts.join(", ");
}
